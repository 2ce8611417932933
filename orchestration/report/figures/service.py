"""Service: how long things take and how often they are settled, as distributions."""

from __future__ import annotations

from dataclasses import replace

from markupsafe import Markup

from orchestration.report.drawings import counts, ribbon_charts, starts, strips
from orchestration.report.drawings.svg import picture
from orchestration.report.figure import Figure, Result
from orchestration.report.figures.context import Context
from orchestration.report.figures.quantiles import quantiles
from orchestration.report.figures.scoreboard import scoreboard
from orchestration.report.formats import month
from orchestration.warehouse.sql import literals

_CLOCKS = {
    "first_reply": ("First reply", ("touchpoint", "team", "hour of opening")),
    "resolution": ("Resolution", ("touchpoint", "team")),
}
"""What each is called, and by what it is cut."""
_CUTS = {
    "touchpoint": "touchpoint",
    "team": "coalesce(team_name, team_ref, 'no team')",
    "hour of opening": "strftime(created_at, '%H:00 UTC')",
}


def clocks(context: Context) -> list[Figure]:
    """The medians and 90th percentiles that `metrics` has."""
    mine = replace(context, metrics=tuple(context.config.service))
    return [
        replace(figure, name="clocks", title="How long it takes") for figure in scoreboard(mine)
    ]


def rates(context: Context) -> list[Figure]:
    """How often cases are settled, by month."""
    asked = context.config.rates
    return [
        Figure(
            name="rates",
            title="How often it is settled, and how often it comes back",
            says="The band is the 95 % interval of the month. Each has a scale of its own.",
            definitions=context.definitions(asked),
            sql=f"""
            select metric, method_version, period_grain, period_start, n, value, interval_low,
                interval_high, interval_method, flag
            from metrics
            where {context.facts.totals("month")}
                and metric in ({literals(asked)})
                and period_end < {context.facts.today}
            order by list_position([{literals(asked)}], metric), method_version, period_start
            """,
            draw=lambda result: _draw_rates(context, result),
            empty="No complete month yet.",
        )
    ]


def _draw_rates(context: Context, result: Result) -> Markup:
    """A panel for each metric and method version; metrics differ in scale, versions do not."""
    charts, over = [], starts(result.rows)
    for metric in dict.fromkeys(row["metric"] for row in result.rows):
        rows = [
            {**row, "panel": context.label(metric, row["method_version"])}
            for row in result.rows
            if row["metric"] == metric
        ]
        columns = ("value", "interval_low", "interval_high")
        unit = context.words(metric).unit
        charts += ribbon_charts(rows, "panel", columns, unit, over, named=True)
    return picture(charts, "rates")


def distributions(context: Context) -> list[Figure]:
    """First replies by touchpoint, team and hour; resolutions by touchpoint and team."""
    first, *others = (_distribution(context, clock, *how) for clock, how in _CLOCKS.items())
    return [first, *(replace(figure, says="Read as the one before.") for figure in others)]


def _distribution(context: Context, clock: str, title: str, cuts: tuple[str, ...]) -> Figure:
    name = f"strips-{clock.replace('_', '-')}"
    each = ", ".join(f"{{'cut': 'by {cut}', 'label': {_CUTS[cut]}}}" for cut in cuts)
    return Figure(
        name=name,
        title=f"{title}, how long it takes",
        says=(
            "Cases of the last twelve months that have it, in calendar time: thick the middle "
            "half, thin the middle eight tenths, the tick the median; its 95 % interval (order "
            "statistics) and n are among the numbers, and so is how many still wait, who are in "
            "no distribution. At least 10 cases. Logarithmic, all on one scale."
        ),
        when=f"{month(context.facts.first_day(12))} to {month(context.facts.as_of)}",
        sql=f"""
        with opened as (
            select unnest([{each}], recursive := true),
                {clock}_minutes as minutes, {clock}_is_censored as is_open
            from cases
            where created_at >= {context.facts.months_ago(12)} and not is_merged and {context.at()}
        ),

        placed as (
            select cut, label, minutes, count(minutes) over (partition by cut, label) as n,
                count_if(is_open) over (partition by cut, label) as still_waiting,
                row_number() over (partition by cut, label order by minutes nulls last) as place
            from opened
        )

        {quantiles("cut, label, still_waiting").replace("            ", "        ")}
        order by list_position([{literals([f"by {cut}" for cut in cuts])}], cut),
            case when cut != 'by hour of opening' then p50_minutes end, label
        """,
        draw=lambda result: strips(result, "label", name, "cut"),
        empty="No case of the last twelve months has it, or too few.",
    )


def backlog(context: Context) -> list[Figure]:
    """Open cases at the end of each month."""
    place = context.touchpoints[0] if len(context.touchpoints) == 1 else "all"
    return [
        Figure(
            name="backlog",
            title="Open cases at the end of each month",
            says="A census of cases in new, open, pending or on hold, so that it has no interval.",
            sql=f"""
            select month_end as period_start, open_cases, age_days_median, age_days_p90,
                oldest_created_at
            from case_backlog
            where period_grain = 'month' and source = 'all' and touchpoint in ({literals([place])})
            order by month_end
            """,
            draw=lambda result: counts(result, "open_cases", "backlog"),
            empty="No month end with open cases yet.",
        )
    ]
