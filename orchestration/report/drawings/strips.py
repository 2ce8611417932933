"""Distributions of durations, on a logarithmic scale: most are short, some are very long."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from orchestration.report.drawings.svg import ROWS, Chart, axis_label, picture
from orchestration.report.figure import Result, Row
from orchestration.report.tokens import LIGHT

_WIDTH, _ROW, _LABELS = 470, 21, 110
_TICKS = [1, 5, 15, 60, 240, 1440, 4320, 10080, 43200, 259200]
_QUANTILES = ("p10", "p25", "p50", "p75", "p90")


def strips(result: Result, label: str, name: str, panel: str = "") -> Markup:
    """Per row: thin from the 10th to the 90th percentile, thick for the middle half.

    A picture for each value of the column `panel`, all on one scale.
    """
    import altair as alt  # noqa: PLC0415 - see `svg`

    rows = [row for row in result.rows if row["p50_minutes"] is not None]
    ends = [max(row[f"{q}_minutes"], 1) for row in rows for q in ("p10", "p90")] or [1, 60]
    domain = [max(min(ends) * 0.8, 1), max(ends) * 1.25]
    charts = []
    for title in dict.fromkeys(row[panel] if panel else "" for row in rows):
        mine = [_strip(row, label) for row in rows if not panel or row[panel] == title]
        charts.append(_chart(alt, mine, domain, title))
    return picture(charts, name)


def _chart(alt: Any, rows: list[dict[str, Any]], domain: list[float], title: str) -> Chart:
    order = list(dict.fromkeys(row["label"] for row in rows))
    x: dict[str, Any] = {
        "scale": {"type": "log", "domain": domain},
        "axis": {
            "values": _TICKS,
            "labelExpr": axis_label("minutes"),
            "title": None,
            "grid": True,
            "domain": False,
        },
    }
    axis = {"title": None, "grid": False, "labelLimit": 300, "labelPadding": 8}
    # charts below each other begin at one line, unless a label is very long
    least = {"minExtent": _LABELS} if title else {}
    y = alt.Y("label:N", sort=order, axis={**axis, **least})
    chart: Any = alt.Chart(alt.NamedData(ROWS)).encode(y=y)
    layers = [
        chart.mark_rule(color=LIGHT["grey"], strokeWidth=1.2).encode(
            x=alt.X("p10:Q", **x), x2=alt.X2("p90")
        ),
        chart.mark_rule(color=LIGHT["grey"], strokeWidth=6).encode(
            x=alt.X("p25:Q", **x), x2=alt.X2("p75")
        ),
        chart.mark_tick(color=LIGHT["ink"], thickness=2.5, height=13).encode(x=alt.X("p50:Q", **x)),
    ]
    named = {"title": title} if title else {}
    drawn: Any = alt.layer(*layers, width=_WIDTH, height=_ROW * len(order), **named)
    return Chart(drawn, rows)


def _strip(row: Row, label: str) -> dict[str, Any]:
    """A row as the chart needs it; below a minute a logarithm says nothing."""
    quantiles = {q: max(row[f"{q}_minutes"], 1) for q in _QUANTILES}
    return {"label": str(row[label]), **quantiles}
