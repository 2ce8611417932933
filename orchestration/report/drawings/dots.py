"""A table whose rows carry a dot and its interval, all of them on one scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from orchestration.report.drawings.html import render


@dataclass(frozen=True)
class DotRow:
    """A value and its interval, and what stands beside them."""

    cells: tuple[str, ...]
    """Texts before the drawing; the first one heads the row."""
    value: float | None
    low: float | None
    high: float | None
    tone: str = "grey"
    """good, bad or grey: coloured only where the interval says so."""
    after: tuple[str, ...] = ()
    """Texts after it."""
    scale: tuple[float, float] | None = None
    """A scale of its own, where rows are of different kinds."""


@dataclass(frozen=True)
class DotTable:
    """Rows on one scale."""

    heads: tuple[str, ...]
    rows: Sequence[DotRow]
    after: tuple[str, ...] = ()
    axis: tuple[str, str] = ("", "")
    """What the ends of the scale read."""
    scale: tuple[float, float] | None = None
    reference: float | None = None
    """A value that all rows are held against, as a line."""
    caption: str = ""
    classes: str = field(default="")


@dataclass(frozen=True)
class _Drawn:
    row: DotRow
    left: float | None
    width: float | None
    at: float | None


def dots(table: DotTable) -> Markup:
    """The table as HTML; the drawing repeats its cells, so screen readers pass it by."""
    scale = table.scale or extent(table.rows, table.reference)
    rows = [_drawn(row, row.scale or scale) for row in table.rows]
    reference = _place(table.reference, scale) if table.reference is not None else None
    has_dots = any(row.at is not None for row in rows)
    return render("dots.html", table=table, rows=rows, reference=reference, has_dots=has_dots)


def _drawn(row: DotRow, scale: tuple[float, float]) -> _Drawn:
    at = _place(row.value, scale) if row.value is not None else None
    if at is None or row.low is None or row.high is None:
        return _Drawn(row, None, None, at)
    left = _place(row.low, scale)
    return _Drawn(row, left, round(_place(row.high, scale) - left, 2), at)


def _place(value: float, scale: tuple[float, float]) -> float:
    """Where a value lies on a scale, in %; what lies beyond an end is drawn at it."""
    span = (scale[1] - scale[0]) or 1
    return round(min(max((value - scale[0]) / span, 0), 1) * 100, 2)


def extent(rows: Sequence[DotRow], reference: float | None = None) -> tuple[float, float]:
    """From the lowest end of an interval to the highest."""
    ends = [end for row in rows for end in (row.low, row.value, row.high) if end is not None]
    ends += [reference] if reference is not None else []
    return (min(ends), max(ends)) if ends else (0.0, 1.0)
