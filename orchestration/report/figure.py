"""A figure: a title, the SQL that returns its numbers, and how they are drawn.

Nothing of the published file gets onto a page but through the query of a figure, and that query
stands beside it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from textwrap import dedent
from typing import Any

from markupsafe import Markup

from connectors.errors import FixEnvironment
from orchestration.warehouse import Connection, QueryError

Row = dict[str, Any]

_READS = re.compile(r"(?<!distinct )\b(?:from|join)\s+([a-z_]+)\b")
_COMMENT = re.compile(r"--.*")
_DEFINES = re.compile(r"\b([a-z_]+) as (?:materialized )?\(")


@dataclass(frozen=True)
class Result:
    """What a query returned."""

    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    missing: tuple[str, ...] = ()
    """Tables that the query reads and this file does not have; then there are no rows."""


@dataclass(frozen=True)
class Figure:
    """Numbers of one query, and how they are drawn."""

    name: str
    """Anchor on the page."""
    title: str
    sql: str
    draw: Callable[[Result], Markup]
    says: str = ""
    """What is shown and how to read it."""
    empty: str = "No data yet."
    """What is said where the query returns nothing."""
    when: str = ""
    """The period, where the rows do not tell it."""
    is_whole: bool = False
    """The drawing shows every value of the query, so that no table of numbers need stand behind."""
    definitions: dict[str, str] = field(default_factory=dict)
    """What each of several metrics is, by its name."""
    links: dict[str, str] = field(default_factory=dict)
    """Pages that say more, by what their links read."""

    @cached_property
    def query(self) -> str:
        """The SQL as it is run and shown."""
        return dedent(self.sql).strip()

    @property
    def tables(self) -> tuple[str, ...]:
        """Published tables that the query reads."""
        query = _COMMENT.sub("", self.query)
        own = set(_DEFINES.findall(query))
        return tuple(dict.fromkeys(t for t in _READS.findall(query) if t not in own))

    def run(self, connection: Connection, there: set[str]) -> Result:
        """Ask the published file.

        Raises:
            FixEnvironment: The file's tables are not those that this release knows.
        """
        missing = tuple(table for table in self.tables if table not in there)
        if missing:
            return Result(missing=missing)
        try:
            answer = connection.execute(self.query)
        except QueryError as error:
            raise FixEnvironment(
                "REPORT-QUERY",
                self.name,
                f"the published file refused the figure's query ({type(error).__name__})",
                "It was made by another release: earful run publishes it anew.",
            ) from error
        columns = tuple(column[0] for column in answer.description or [])
        rows = tuple(dict(zip(columns, row, strict=True)) for row in answer.fetchall())
        return Result(columns, rows)
