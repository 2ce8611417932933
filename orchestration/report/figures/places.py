"""Touchpoints beside each other: where they stand, and how they moved."""

from __future__ import annotations

from markupsafe import Markup

from orchestration.report.config import Words
from orchestration.report.drawings import DotRow, DotTable, dots
from orchestration.report.figure import Figure, Result, Row
from orchestration.report.figures.context import Context
from orchestration.report.formats import count, interval, month, number


def places(context: Context) -> list[Figure]:
    """The chief metric by touchpoint, over the whole period."""
    return [_places(context, metric, version) for metric, version in _measures(context)]


def changes(context: Context) -> list[Figure]:
    """How the chief metric moved at each touchpoint since the month before."""
    return [_changes(context, metric, version) for metric, version in _measures(context)]


def _measures(context: Context) -> list[tuple[str, str]]:
    return context.measured((context.chief,))


def _places(context: Context, metric: str, version: str) -> Figure:
    label = context.label(metric, version)
    words = context.words(metric)
    return Figure(
        name=f"places-{_slug(metric, version, context)}",
        title=f"{label} by touchpoint",
        says=f"{words.definition} Over the whole period, best last. {_compared(context, words)}",
        sql=f"""
        select metric, method_version, period_grain, touchpoint, period_start, period_end, n, value,
            interval_low, interval_high, interval_method, flag,
            max(value) filter (where touchpoint = 'all') over () as whole,
            max(interval_low) filter (where touchpoint = 'all') over () as whole_low,
            max(interval_high) filter (where touchpoint = 'all') over () as whole_high
        from metrics
        where {context.facts.totals("all", by=("touchpoint",))}
            and {context.is_measure(metric, version)}
            and {context.at(whole=True)}
        order by touchpoint = 'all', value {"" if words.better == "up" else "desc"} nulls first,
            touchpoint
        """,
        draw=lambda result: _draw_places(context, result, label),
        empty=f"No {label} at these touchpoints yet.",
    )


def _draw_places(context: Context, result: Result, label: str) -> Markup:
    words = context.words(result.rows[0]["metric"])
    rows = [_place(context, row) for row in result.rows]
    ends = [
        e for r in result.rows for e in (r["interval_low"], r["interval_high"]) if e is not None
    ]
    scale = (min(ends), max(ends)) if ends else (0.0, 1.0)
    return dots(
        DotTable(
            heads=("touchpoint", label, "95 % interval", "n"),
            rows=rows,
            axis=(number(scale[0], words.unit), number(scale[1], words.unit)),
            scale=scale,
            reference=None if _adds_up(words) else result.rows[0]["whole"],
            caption=f"{label} by touchpoint",
        )
    )


def _place(context: Context, row: Row) -> DotRow:
    words = context.words(row["metric"])
    return DotRow(
        cells=(
            "the whole" if row["touchpoint"] == "all" else row["touchpoint"],
            number(row["value"], words.unit),
            interval(row["interval_low"], row["interval_high"], words.unit),
            count(row["n"]),
        ),
        value=row["value"],
        low=row["interval_low"],
        high=row["interval_high"],
        tone=_tone(context, row),
    )


def _adds_up(words: Words) -> bool:
    """Whether touchpoints are parts of a sum: each is less than the whole, and no better for it."""
    return words.unit == "per_100"


def _compared(context: Context, words: Words) -> str:
    if _adds_up(words):
        return "Touchpoints are parts of the whole, so none is held against it."
    return (
        "The line is the whole; a dot is coloured only where its interval lies wholly on one side "
        f"of that of the whole, from {context.config.minimum_n} answers on."
    )


def _tone(context: Context, row: Row) -> str:
    if row["touchpoint"] == "all" or _adds_up(context.words(row["metric"])):
        return "ink"
    if row["n"] < context.config.minimum_n:
        return "grey"
    return _apart(row, context.words(row["metric"]).better)


def _apart(row: Row, better: str) -> str:
    """Good or bad where the interval lies wholly on one side of that of the whole."""
    ends = (row["interval_low"], row["interval_high"], row["whole_low"], row["whole_high"])
    if better == "neither" or any(end is None for end in ends):
        return "grey"
    if row["interval_low"] > row["whole_high"]:
        return "good" if better == "up" else "bad"
    if row["interval_high"] < row["whole_low"]:
        return "bad" if better == "up" else "good"
    return "grey"


def _changes(context: Context, metric: str, version: str) -> Figure:
    label = context.label(metric, version)
    return Figure(
        name=f"changes-{_slug(metric, version, context)}",
        title=f"How {label} moved at each touchpoint",
        says=(
            "The last complete month less the month before, with the 95 % interval of the "
            "difference. Grey where that interval spans zero or where, of so many comparisons, "
            "one as large is to be expected by chance. Nothing is drawn of fewer than "
            f"{context.config.minimum_n} answers."
        ),
        sql=f"""
        select metric, method_version, period_grain, touchpoint, period_start, n, value, change,
            change_low, change_high, change_verdict
        from metrics
        where {context.facts.totals("month", by=("touchpoint",))}
            and {context.is_measure(metric, version)}
            and {context.at(whole=True)}
            and period_end < {context.facts.today}
            and period_start >= {context.facts.months_ago(3)}
        qualify period_start = max(period_start) over ()
        order by touchpoint = 'all', change nulls last, touchpoint
        """,
        draw=lambda result: _draw_changes(context, result, label),
        empty=f"No complete month of {label} yet.",
    )


def _draw_changes(context: Context, result: Result, label: str) -> Markup:
    words = context.words(result.rows[0]["metric"])
    ends = [
        abs(row[end])
        for row in result.rows
        for end in ("change_low", "change_high")
        if row["n"] >= context.config.minimum_n and row[end] is not None
    ]
    most = max(ends, default=1.0)
    return dots(
        DotTable(
            heads=("touchpoint", month(result.rows[0]["period_start"]), "change", "interval", "n"),
            rows=[_moved(context, row) for row in result.rows],
            axis=(number(-most, words.unit, signed=True), number(most, words.unit, signed=True)),
            scale=(-most, most),
            reference=0,
            caption=f"How {label} moved",
        )
    )


def _moved(context: Context, row: Row) -> DotRow:
    words = context.words(row["metric"])
    is_real = row["change_verdict"] in ("up", "down") and words.better != "neither"
    tone = "good" if row["change_verdict"] == words.better else "bad"
    value, low, high = (row[column] for column in ("change", "change_low", "change_high"))
    if row["n"] < context.config.minimum_n:
        value = low = high = None
    return DotRow(
        cells=(
            "the whole" if row["touchpoint"] == "all" else row["touchpoint"],
            number(row["value"], words.unit),
            number(row["change"], words.unit, signed=True),
            interval(row["change_low"], row["change_high"], words.unit, signed=True),
            count(row["n"]),
        ),
        value=value,
        low=low,
        high=high,
        tone=tone if is_real else "grey",
    )


def _slug(metric: str, version: str, context: Context) -> str:
    return f"{metric.replace('_', '-')}-{context.facts.versions[metric].index(version)}"
