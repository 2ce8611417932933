"""A result as it is: one row per row, exact values behind rounded ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from markupsafe import Markup

from orchestration.report.config import Config
from orchestration.report.drawings.html import render
from orchestration.report.figure import Result
from orchestration.report.formats import cell

_LONG = 40
"""Characters from which a text is not squeezed into a narrow column."""


@dataclass(frozen=True)
class Cell:
    """A value as it reads, and as the query returned it where that is another text."""

    text: str
    exact: str | None
    kind: str
    """n for a number, t for a text that wants room, else nothing."""


def table(result: Result, config: Config, caption: str) -> Markup:
    """All columns and rows."""
    rows = [
        [_cell(row[column], cell(row[column], column, row, config)) for column in result.columns]
        for row in result.rows
    ]
    # a head, and what is missing, stand where the numbers of their column do
    kinds = [
        "n" if any(one.kind == "n" for one in column) else "" for column in zip(*rows, strict=True)
    ]
    rows = [
        [one if one.kind or not kind else replace(one, kind=kind) for one, kind in pairs]
        for pairs in (zip(row, kinds, strict=True) for row in rows)
    ]
    names = [column.replace("_", " ") for column in result.columns]
    heads = list(zip(names, kinds or [""] * len(names), strict=True))
    return render("table.html", caption=caption, heads=heads, rows=rows)


def exact(value: Any) -> str:
    """A value without loss, as text."""
    return "" if value is None else str(value)


def _cell(value: Any, text: str) -> Cell:
    is_number = isinstance(value, int | float | datetime) and not isinstance(value, bool)
    kind = "n" if is_number else "t" if len(text) > _LONG else ""
    plain = exact(value)
    return Cell(text, plain if plain != text else None, kind)
