"""A control chart: months in order, their mean, and the limits of what chance alone does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from markupsafe import Markup

from orchestration.report.config import Words
from orchestration.report.drawings.svg import ROWS, SIZE, Chart, months, picture, values
from orchestration.report.figure import Result, Row
from orchestration.report.formats import number
from orchestration.report.tokens import LIGHT

_WIDTH, _HEIGHT = 620, 180
_HALF = timedelta(days=15)
"""Of a month."""
_FILL = {"none": "grey", "small": "paper", "good": "good", "bad": "bad"}
_EDGE = {**_FILL, "small": "grey"}


def control(result: Result, words: Words, name: str) -> Markup:
    """A chart of each touchpoint, over the same months.

    All are on one scale, but for durations, which differ too far.
    """
    import altair as alt  # noqa: PLC0415 - see `svg`

    places = list(dict.fromkeys(row["touchpoint"] for row in result.rows))
    shared = None if words.unit == "minutes" else _domain(result.rows, words)
    along = months(alt, _span(result.rows))
    charts = []
    for place in places:
        rows = tuple(row for row in result.rows if row["touchpoint"] == place)
        title = place if len(places) > 1 else ""
        chart: Any = alt.Chart(alt.NamedData(ROWS)).encode(x=along)
        charts.append(_chart(alt, chart, rows, words, shared or _domain(rows, words), title))
    return picture(charts, name)


def _span(rows: Sequence[Row]) -> list[date]:
    """Moments that the axis has to reach: months, and what `_breaks` draws between them."""
    began = [row["period_start"] - _HALF for row in rows if row["break_before"]]
    ended = [row["ended_at"] - _HALF for row in rows if row["ended_at"]]
    return [row["period_start"] for row in rows] + began + ended


def _chart(
    alt: Any, chart: Any, rows: tuple[Row, ...], words: Words, domain: list[float], title: str
) -> Chart:
    """Points, those that a rule marks coloured; the pale lines are their intervals."""
    value = values(alt, "value", domain, words.unit)
    layers: list[Any] = [
        chart.mark_rule(color=LIGHT["band"], strokeWidth=5).encode(
            y=values(alt, "low", domain, words.unit), y2=alt.Y2("high")
        ),
        *_limits(alt, rows, words, domain),
        chart.transform_filter("datum.tone != 'small'")
        .mark_line(color=LIGHT["grey"], strokeWidth=1.2)
        .encode(y=value),
        _points(alt, chart).encode(y=value),
        *_breaks(alt, rows),
    ]
    # a label of `_breaks` stands between the picture and its title
    named = {"title": {"text": title, "offset": 16}} if title else {}
    drawn: Any = alt.layer(*layers, width=_WIDTH, height=_HEIGHT, **named)
    return Chart(drawn, [_point(row, words, domain) for row in rows])


def _points(alt: Any, chart: Any) -> Any:
    """The months, coloured by tone; hollow ones have too few answers."""
    return chart.mark_point(filled=True, opacity=1, size=46, strokeWidth=1).encode(
        fill=alt.Fill("tone:N", scale=_colours(_FILL), legend=None),
        stroke=alt.Stroke("tone:N", scale=_colours(_EDGE), legend=None),
    )


def _colours(by_tone: dict[str, str]) -> dict[str, Any]:
    return {"domain": list(by_tone), "range": [LIGHT[name] for name in by_tone.values()]}


def tone(row: Row, words: Words) -> str:
    """Good or bad where a rule marks a month, small where it has too few answers to count."""
    if not row["counts"]:
        return "small"
    if not row["rule"] or words.better == "neither":
        return "none"
    return "good" if (row["direction"] > 0) == (words.better == "up") else "bad"


def _point(row: Row, words: Words, domain: list[float]) -> dict[str, object]:
    """A month as the chart needs it; what leaves the picture is cut off at its edge."""

    def inside(value: float | None) -> float | None:
        return None if value is None else min(max(value, domain[0]), domain[1])

    return {
        "month": row["period_start"].isoformat(),
        "value": inside(row["value"]),
        "low": inside(row["interval_low"]),
        "high": inside(row["interval_high"]),
        "tone": tone(row, words),
    }


def _breaks(alt: Any, rows: tuple[Row, ...]) -> list[Any]:
    """Where it began to be measured so, and where that ended: upright dashed lines with a label."""
    began = [row["period_start"] for row in rows if row["break_before"]]
    ended = [row["ended_at"] for row in rows[:1] if row["ended_at"]]
    layers: list[Any] = []
    for at, text, align, dx in (
        *((day, "measured so from here", "left", 4) for day in began),
        *((day, "measured otherwise from here", "right", -4) for day in ended),
    ):
        # between the months: a line through a month would be read as its interval
        middle = (at - _HALF).isoformat()
        mark = alt.Chart(alt.Data(values=[{"at": middle, "text": text}]))
        x = alt.X("at:T", scale={"type": "utc"})
        layers += [
            mark.mark_rule(color=LIGHT["ink"], strokeWidth=1, strokeDash=[2, 3]).encode(x=x),
            mark.mark_text(
                align=align, baseline="top", dx=dx, fontSize=SIZE, color=LIGHT["ink"]
            ).encode(x=x, y=alt.YValue(-12), text=alt.Text("text:N")),
        ]
    return layers


def _limits(alt: Any, rows: tuple[Row, ...], words: Words, domain: list[float]) -> list[Any]:
    """The mean and both limits as lines that say what they are."""
    judged = next((row for row in rows if row["mean"] is not None), None)
    if judged is None:
        return []
    lines = [
        {"at": judged[column], "text": f"{label} {number(judged[column], words.unit)}"}
        for label, column in (("mean", "mean"), ("limit", "upper_limit"), ("limit", "lower_limit"))
    ]
    at = values(alt, "at", domain, words.unit)
    mean, limits, all_three = (
        alt.Chart(alt.Data(values=some)).encode(y=at) for some in (lines[:1], lines[1:], lines)
    )
    return [
        mean.mark_rule(color=LIGHT["soft"], strokeWidth=1),
        limits.mark_rule(color=LIGHT["soft"], strokeWidth=1, strokeDash=[4, 3]),
        all_three.mark_text(align="left", dx=6, fontSize=SIZE, color=LIGHT["soft"]).encode(
            x=alt.XValue(_WIDTH), text=alt.Text("text:N")
        ),
    ]


def _domain(rows: tuple[Row, ...], words: Words) -> list[float]:
    """From the lowest to the highest of what counts, whatever months of few answers say."""
    ends = [row[c] for row in rows for c in ("mean", "lower_limit", "upper_limit", "value")]
    ends += [row[c] for row in rows if row["counts"] for c in ("interval_low", "interval_high")]
    found = [end for end in ends if end is not None]
    low, high = min(found), max(found)
    room = (high - low) * 0.04 or 1
    low, high = low - room, high + room
    if words.unit == "minutes":
        low = max(low, 0)
    return [low, high]
