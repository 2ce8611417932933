"""Figures that are lists: all that their query returns, as a table."""

from __future__ import annotations

from dataclasses import dataclass, field

from markupsafe import Markup

from orchestration.report.drawings import table
from orchestration.report.figure import Figure, Result
from orchestration.report.figures.context import Context


@dataclass(frozen=True)
class Listed:
    """A list: what it is called, what it says, and what is said where it is empty."""

    name: str
    title: str
    says: str
    empty: str
    sql: str
    links: dict[str, str] = field(default_factory=dict)


def listed(context: Context, *lists: Listed) -> list[Figure]:
    """A figure for each."""
    return [_figure(context, entry) for entry in lists]


def _figure(context: Context, entry: Listed) -> Figure:
    def draw(result: Result) -> Markup:
        return table(result, context.config, entry.title)

    return Figure(
        name=entry.name,
        title=entry.title,
        says=entry.says,
        sql=entry.sql,
        draw=draw,
        when=context.facts.until,
        empty=entry.empty,
        is_whole=True,
        links=entry.links,
    )
