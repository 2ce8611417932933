"""Touchpoint by month: a value and its n in each cell."""

from __future__ import annotations

from markupsafe import Markup

from orchestration.report.drawings.heat import HeatCell, heat
from orchestration.report.figure import Figure, Result, Row
from orchestration.report.figures.context import Context
from orchestration.report.formats import count, interval, number


def heats(context: Context) -> list[Figure]:
    """A map for each score, one for each of its method versions."""
    return [_heat(context, metric, version) for metric, version in context.measured()]


def _heat(context: Context, metric: str, version: str) -> Figure:
    label, words = context.label(metric, version), context.words(metric)
    number_of = context.facts.versions[metric].index(version)
    return Figure(
        name=f"heat-{metric.replace('_', '-')}-{number_of}",
        title=f"{label} by touchpoint and month",
        says=(
            f"{words.definition} In each cell the value, below it n. Coloured only where the "
            "cell's 95 % interval lies wholly above or below the value of the whole over all time "
            f"(last row, last column): blue better, orange worse. Hatched: n below "
            f"{context.config.minimum_n}."
        ),
        sql=f"""
        select metric, method_version, touchpoint, period_grain, period_start, n, value,
            interval_low, interval_high, interval_method,
            max(value) filter (where period_grain = 'all' and touchpoint = 'all') over () as whole
        from metrics
        where {context.facts.totals("month", "all", by=("touchpoint",))}
            and {context.is_measure(metric, version)}
            and {context.at(whole=True)}
            and (
                period_grain = 'all'
                or period_start >= {context.facts.months_ago(context.config.months)}
                and period_end < {context.facts.today}
            )
        order by touchpoint = 'all', touchpoint, period_grain = 'all', period_start
        """,
        draw=lambda result: _draw(context, result, label),
        empty=f"No {label} yet.",
    )


def _draw(context: Context, result: Result, label: str) -> Markup:
    by_month = sorted(result.rows, key=lambda r: (r["period_grain"] == "all", r["period_start"]))
    return heat(
        result.rows,
        list(dict.fromkeys(_across(row) for row in by_month)),
        _across,
        lambda row: "the whole" if row["touchpoint"] == "all" else row["touchpoint"],
        lambda row: _cell(context, row),
        f"{label} by touchpoint and month",
    )


def _across(row: Row) -> str:
    return "all time" if row["period_grain"] == "all" else f"{row['period_start']:%b %y}"


def _cell(context: Context, row: Row) -> HeatCell:
    words = context.words(row["metric"])
    if row["value"] is None:
        return HeatCell(text="–", n=count(row["n"]), tone="small")
    ends = interval(row["interval_low"], row["interval_high"], words.unit)
    return HeatCell(
        text=number(row["value"], words.unit),
        n=count(row["n"]),
        tone=_tone(row, words.better, context.config.minimum_n),
        title=f"{number(row['value'], words.unit)} ({ends}), n = {row['n']:,}",
    )


def _tone(row: Row, better: str, minimum_n: int) -> str:
    if row["n"] < minimum_n:
        return "small"
    if row["interval_low"] is None or row["whole"] is None or better == "neither":
        return "plain"
    if row["interval_low"] > row["whole"]:
        return "good" if better == "up" else "bad"
    if row["interval_high"] < row["whole"]:
        return "bad" if better == "up" else "good"
    return "plain"
