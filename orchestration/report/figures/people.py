"""Our people: what teams say, beside what customers say of the touchpoints that they serve."""

from __future__ import annotations

from markupsafe import Markup

from orchestration.report.drawings import DotRow, DotTable, dots, ribbons
from orchestration.report.drawings.heat import HeatCell, heat
from orchestration.report.figure import Figure, Result, Row
from orchestration.report.figures.context import Context
from orchestration.report.formats import count, interval, number

_HIDDEN = (
    "A group that is too small to be shown safely, or that all said the same, or whose numbers "
    "would give such a one away, "
    "reads hidden; how many answered in it is hidden too."
)


def teams(context: Context) -> list[Figure]:
    """ENPS of each team, beside the CSAT of its touchpoint's customers."""
    return [
        Figure(
            name="teams",
            title="Teams, and the customers whom they serve",
            says=(
                f"{context.words('enps').definition} The last month in which teams were asked, "
                "with its 95 % interval; beside it the share of satisfied customers at the "
                "touchpoint that it serves. That both go together in a month proves no cause. Grey "
                "where the interval spans zero, which is as many who would recommend it as who "
                "would not. Where nearly all of a team answered, it is short: little is left to "
                "chance. " + _HIDDEN
            ),
            sql="""
            select month as period_start, 'month' as period_grain, team, touchpoint, metric,
                method_version, n, value, interval_low, interval_high, interval_method, is_hidden,
                customer_csat_version, customer_csat_n, customer_csat as customer_csat_percent,
                customer_csat_low as customer_low_percent,
                customer_csat_high as customer_high_percent
            from team_pulse
            where metric = 'enps'
            qualify month = max(month) over ()
            order by team_ref = 'all', is_hidden, value, team, team_ref, source
            """,
            draw=lambda result: dots(
                DotTable(
                    heads=("team", "serves", "eNPS", "95 % interval", "n"),
                    rows=[_team(row) for row in result.rows],
                    axis=("−100", "100"),
                    scale=(-100, 100),
                    reference=0,
                    after=("satisfied customers there",),
                    caption="Teams, and the customers whom they serve",
                )
            ),
            empty="No team has been asked yet.",
        )
    ]


def _team(row: Row) -> DotRow:
    csat = "–"
    if row["customer_csat_percent"] is not None:
        ends = interval(row["customer_low_percent"], row["customer_high_percent"], "percent")
        share = number(row["customer_csat_percent"], "percent")
        csat = f"{share} ({ends}, n = {row['customer_csat_n']:,})"
    shown = ("hidden", "–", "–")
    if not row["is_hidden"]:
        ends = interval(row["interval_low"], row["interval_high"], "points")
        shown = (number(row["value"], "points"), ends, count(row["n"]))
    return DotRow(
        cells=(row["team"] or "unknown", row["touchpoint"] or "–", *shown),
        value=row["value"],
        low=row["interval_low"],
        high=row["interval_high"],
        tone=_beside_zero(row),
        after=(csat,),
    )


def _beside_zero(row: Row) -> str:
    """Coloured only where as many who would recommend it as who would not can be ruled out."""
    if row["interval_low"] is not None and row["interval_low"] > 0:
        return "good"
    if row["interval_high"] is not None and row["interval_high"] < 0:
        return "bad"
    return "grey"


def drivers(_: Context) -> list[Figure]:
    """What teams say of tools, workload and so on."""
    return [
        Figure(
            name="drivers",
            title="What teams say of their work",
            says=(
                "Mean answers of the last month in which teams were asked, below them n. Coloured "
                "only where the cell's 95 % interval lies wholly above or below the mean of all "
                "teams: blue higher, orange lower. Hatched: hidden. " + _HIDDEN
            ),
            sql="""
            with asked_last as (
                select *
                from team_pulse
                where metric != 'enps'
                qualify month = max(month) over ()
            )

            select month as period_start, 'month' as period_grain, team, driver, metric,
                method_version, n, value, interval_low, interval_high, interval_method, is_hidden,
                max(value) filter (where team_ref = 'all') over (partition by question_id) as whole
            from asked_last
            order by team_ref = 'all', team, driver, team_ref, question_id, source
            """,
            draw=_draw_drivers,
            empty="No team has been asked about its work yet.",
        )
    ]


def _draw_drivers(result: Result) -> Markup:
    return heat(
        result.rows,
        sorted({_driver(row) for row in result.rows}),
        _driver,
        lambda row: row["team"] or "unknown",
        _cell,
        "What teams say of their work",
    )


def _driver(row: Row) -> str:
    return row["driver"] or "unnamed"


def _cell(row: Row) -> HeatCell:
    if row["is_hidden"]:
        return HeatCell("hidden", tone="hidden")
    if row["value"] is None or row["interval_low"] is None:
        return HeatCell("–", count(row["n"]), "plain")
    tone = "plain"
    if row["whole"] is not None and row["interval_low"] > row["whole"]:
        tone = "good"
    elif row["whole"] is not None and row["interval_high"] < row["whole"]:
        tone = "bad"
    ends = interval(row["interval_low"], row["interval_high"], "mean")
    return HeatCell(number(row["value"], "mean"), count(row["n"]), tone, f"95 % interval {ends}")


def pulse(_: Context) -> list[Figure]:
    """ENPS of all teams by month."""
    name = "pulse"
    return [
        Figure(
            name=name,
            title="eNPS of all teams together",
            says="Each month in which teams were asked; the band is the 95 % interval.",
            sql="""
            select month as period_start, 'month' as period_grain, team, metric, method_version, n,
                value, interval_low, interval_high, interval_method, is_hidden
            from team_pulse
            where metric = 'enps' and team_ref = 'all'
            order by method_version, month
            """,
            draw=lambda result: ribbons(
                result, "method_version", ("value", "interval_low", "interval_high"), "points", name
            ),
            empty="No team has been asked yet.",
        )
    ]
