"""Small multiples by month: a value with its band, or plain counts."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from orchestration.report.drawings.svg import ROWS, Chart, axis_label, months, picture
from orchestration.report.figure import Result, Row
from orchestration.report.tokens import LIGHT

_WIDTH, _HEIGHT = 300, 96


def ribbons(
    result: Result, panel: str, columns: tuple[str, str, str], unit: str, name: str
) -> Markup:
    """A panel for each value of `panel`: value, lower and upper end; all on one scale."""
    import altair as alt  # noqa: PLC0415 - see `svg`

    value, low, high = columns
    ends = [row[c] for row in result.rows for c in columns if row[c] is not None]
    domain = [min(ends, default=0), max(ends, default=1)]
    y = {"scale": alt.Scale(domain=domain, nice=True, zero=False), "title": None}
    y |= {"axis": alt.Axis(tickCount=3, labelExpr=axis_label(unit))}
    charts = []
    for title in dict.fromkeys(row[panel] for row in result.rows):
        rows = [
            {"month": _month(row), "value": row[value], "low": row[low], "high": row[high]}
            for row in result.rows
            if row[panel] == title
        ]
        chart = alt.Chart(alt.NamedData(ROWS)).encode(x=months(alt, ticks=5))
        layers = [
            chart.mark_area(color=LIGHT["band"], opacity=1).encode(y=alt.Y("low:Q", **y), y2="high"),
            chart.mark_line(color=LIGHT["ink"], strokeWidth=1.2).encode(y=alt.Y("value:Q", **y)),
            # a month between two without a value has no line to be seen by
            chart.transform_filter("datum.value != null")
            .mark_circle(color=LIGHT["ink"], size=9, opacity=1)
            .encode(y=alt.Y("value:Q", **y)),
        ]
        charts.append(Chart(_sized(alt.layer(*layers), title), rows))
    return picture(charts, name)


def counts(result: Result, panel: str | None, value: str, name: str) -> Markup:
    """Counts by month: a census, which has no interval. The scale of a panel begins at 0."""
    import altair as alt  # noqa: PLC0415 - see `svg`

    charts = []
    for title in dict.fromkeys(row[panel] if panel else "" for row in result.rows):
        rows = [
            {"month": _month(row), "value": row[value]}
            for row in result.rows
            if not panel or row[panel] == title
        ]
        chart = alt.Chart(alt.NamedData(ROWS)).encode(
            x=months(alt, ticks=5), y=alt.Y("value:Q", title=None, axis=alt.Axis(tickCount=3))
        )
        layers = [
            chart.mark_line(color=LIGHT["ink"], strokeWidth=1.2),
            chart.mark_circle(color=LIGHT["ink"], size=9, opacity=1),
        ]
        charts.append(Chart(_sized(alt.layer(*layers), title), rows))
    return picture(charts, name)


def _sized(chart: Any, title: str) -> Any:  # noqa: ANN401 - Altair's own types are generated
    named = {"title": title} if title else {}
    return chart.properties(width=_WIDTH, height=_HEIGHT, **named)


def _month(row: Row) -> str:
    day = row["period_start"]
    return f"{day:%Y-%m}-01"
