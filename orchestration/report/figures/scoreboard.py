"""Where the metrics stand: value, interval, n, and what is more than noise against before."""

from __future__ import annotations

from markupsafe import Markup

from orchestration.report.drawings import DotRow, DotTable, dots
from orchestration.report.figure import Figure, Result, Row
from orchestration.report.figures.context import Context
from orchestration.report.formats import count, flag, interval, month, number
from orchestration.warehouse.sql import literals


def scoreboard(context: Context) -> list[Figure]:
    """The last complete month of each metric."""
    facts = context.facts
    labels = [context.words(metric).label for metric in context.metrics]
    return [
        Figure(
            name="scoreboard",
            title="Where the whole stands" if context.touchpoints else "Where it stands",
            says=(
                "The last complete month of each metric, all touchpoints together; the dot and its "
                "95 % interval on the metric's own scale, where it has one."
            ),
            definitions=context.definitions(context.metrics),
            sql=f"""
            select metric, method_version, period_grain, period_start, period_end, n, value,
                interval_low, interval_high, interval_method, flag,
                change, change_low, change_high, change_verdict,
                year_change, year_change_low, year_change_high, year_change_verdict
            from metrics
            where {facts.totals("month")}
                and metric in ({literals(context.metrics)})
                and period_end < {facts.today}
                and period_start >= {facts.months_ago(3)}
            qualify row_number() over (
                partition by metric, method_version order by period_start desc
            ) = 1
            order by list_position([{literals(context.metrics)}], metric), n desc nulls last,
                method_version
            """,
            draw=lambda result: _draw(context, result),
            empty=f"No complete month of {', '.join(labels)} yet.",
        )
    ]


def _draw(context: Context, result: Result) -> Markup:
    rows = [_row(context, row) for row in result.rows]
    return dots(
        DotTable(
            heads=("metric", "month", "value", "95 % interval", "n"),
            rows=rows,
            after=("against the month before", "against the year before"),
            caption="Where it stands",
            classes="board",
        )
    )


def _row(context: Context, row: Row) -> DotRow:
    words = context.words(row["metric"])
    scale = (words.low, words.high) if words.low is not None and words.high is not None else None
    has_scale = scale is not None
    return DotRow(
        cells=(
            context.label(row["metric"], row["method_version"]),
            month(row["period_start"]),
            number(row["value"], words.unit) if row["flag"] is None else flag(row["flag"]),
            interval(row["interval_low"], row["interval_high"], words.unit),
            count(row["n"]),
        ),
        value=row["value"] if has_scale else None,
        low=row["interval_low"] if has_scale else None,
        high=row["interval_high"] if has_scale else None,
        after=(against(row, "change", words.unit), against(row, "year_change", words.unit)),
        scale=(scale[0] or 0, scale[1] or 0) if scale else None,
    )


def against(row: Row, name: str, unit: str) -> str:
    """A change in words: how far, how sure, and whether it is more than noise."""
    if row[name] is None:
        return "nothing to compare"
    verdict = {"up": "up", "down": "down", "noise": "noise"}.get(row[f"{name}_verdict"] or "", "")
    ends = interval(row[f"{name}_low"], row[f"{name}_high"], unit, signed=True)
    change = f"{number(row[name], unit, signed=True)} ({ends})"
    return f"{verdict}: {change}" if verdict else change
