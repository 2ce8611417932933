"""Small multiples by month: a value with its band, or plain counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from markupsafe import Markup

from orchestration.report.drawings.svg import ROWS, Chart, months, picture, values
from orchestration.report.figure import Result, Row
from orchestration.report.tokens import LIGHT

_WIDTH, _HEIGHT = 300, 96


def ribbons(
    result: Result, panel: str, columns: tuple[str, str, str], unit: str, name: str
) -> Markup:
    """A panel for each value of `panel`, on one scale: value, lower and upper end by month."""
    return picture(ribbon_charts(result.rows, panel, columns, unit, starts(result.rows)), name)


def starts(rows: Sequence[Row]) -> list[date]:
    """The months that an axis has to reach."""
    return [row["period_start"] for row in rows]


def ribbon_charts(
    rows: Sequence[Row],
    panel: str,
    columns: tuple[str, str, str],
    unit: str,
    over: Sequence[date],
    *,
    named: bool = False,
) -> list[Chart]:
    """The panels themselves, over the same months.

    One alone is named by its figure's title, if not `named`.
    """
    import altair as alt  # noqa: PLC0415 - see `svg`

    domain = _domain(rows, columns)
    chart: Any = alt.Chart(alt.NamedData(ROWS)).encode(x=months(alt, over, ticks=5))
    low, value = (values(alt, c, domain, unit, ticks=3) for c in ("low", "value"))
    layers = [
        chart.mark_area(color=LIGHT["band"], opacity=1).encode(y=low, y2=alt.Y2("high")),
        chart.mark_line(color=LIGHT["ink"], strokeWidth=1.2).encode(y=value),
        # a month between two without a value has no line to be seen by
        chart.mark_circle(color=LIGHT["ink"], size=9, opacity=1).encode(y=value),
    ]
    titles = list(dict.fromkeys(row[panel] for row in rows))
    shown = [title if named or len(titles) > 1 else "" for title in titles]
    layer: Any = alt.layer
    return [
        Chart(layer(*layers, **_sized(name)), _points(rows, panel, title, columns))
        for title, name in zip(titles, shown, strict=True)
    ]


def _points(
    rows: Sequence[Row], panel: str, title: str, columns: tuple[str, str, str]
) -> list[dict[str, object]]:
    """The months of a panel that have a value."""
    value, low, high = columns
    return [
        {"month": _month(row), "value": row[value], "low": row[low], "high": row[high]}
        for row in rows
        if row[panel] == title and row[value] is not None
    ]


def _domain(rows: Sequence[Row], columns: tuple[str, str, str]) -> list[float]:
    ends = [row[column] for row in rows for column in columns if row[column] is not None]
    low, high = min(ends, default=0), max(ends, default=1)
    return [low, high if high > low else low + 1]


def counts(result: Result, value: str, name: str) -> Markup:
    """Counts by month: a census, which has no interval. The scale begins at 0."""
    import altair as alt  # noqa: PLC0415 - see `svg`

    points: list[dict[str, object]] = [
        {"month": _month(row), "value": row[value]} for row in result.rows
    ]
    axis = {"tickCount": 3, "title": None}
    chart: Any = alt.Chart(alt.NamedData(ROWS)).encode(
        x=months(alt, starts(result.rows), ticks=5),
        y=alt.Y("value:Q", axis=axis),
    )
    layers = [
        chart.mark_line(color=LIGHT["ink"], strokeWidth=1.2),
        chart.mark_circle(color=LIGHT["ink"], size=9, opacity=1),
    ]
    layer: Any = alt.layer
    return picture([Chart(layer(*layers, **_sized("")), points)], name)


def _sized(title: str) -> dict[str, Any]:
    named = {"title": title} if title else {}
    return {"width": _WIDTH, "height": _HEIGHT, **named}


def _month(row: Row) -> str:
    day = row["period_start"]
    return f"{day:%Y-%m}-01"
