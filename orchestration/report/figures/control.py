"""Control charts (XmR), computed by the query: the page only draws what it returns."""

from __future__ import annotations

from dataclasses import replace

from orchestration.report.drawings import control
from orchestration.report.figure import Figure
from orchestration.report.figures.context import Context
from orchestration.warehouse.sql import literal

LEAST = 6
"""Months below which limits would say nothing."""
SURE = 12
"""Months below which they are provisional."""


def controls(context: Context) -> list[Figure]:
    """The chief metric by month: the whole or, where only some touchpoints are wanted, each."""
    there = context.facts.places.get(context.chief, ())
    places = [place for place in context.touchpoints if place in there] or ["all"]
    charts = [
        _control(context, metric, version, place)
        for metric, version in context.measured((context.chief,))
        for place in places
    ]
    return charts[:1] + [replace(chart, says="Read as the one before.") for chart in charts[1:]]


def _control(context: Context, metric: str, version: str, place: str) -> Figure:
    words = context.words(metric)
    number = context.facts.versions[metric].index(version)
    name = "-".join(["control", metric.replace("_", "-"), *_slug(place), str(number)])
    label = context.label(metric, version)
    where = "" if place == "all" else f" at {place}"
    return Figure(
        name=name,
        title=f"{label}{where} by month",
        says=(
            f"{words.definition} Dashed: the limits within which chance alone moves a month (mean "
            f"± 2.66 × mean moving range; provisional below {SURE} months, none below {LEAST}). "
            "Coloured months break a rule: outside a limit, seven in a row on one side of the "
            "mean, two of three near a limit, six in a row rising or falling. Blue is better, "
            f"orange worse. Hollow: fewer than {context.config.minimum_n} answers, in no limit "
            "and no rule. Pale bars: 95 % intervals. An upright dashed line: the question, its "
            "scale or its top box changed; limits are computed on one side of it alone."
        ),
        sql=sql(context, metric, version, place),
        draw=lambda result: control(result, words, name),
        empty=f"No complete month of {label}{where} yet.",
    )


def _slug(place: str) -> list[str]:
    return [] if place == "all" else ["".join(c if c.isalnum() else "-" for c in place)]


def sql(context: Context, metric: str, version: str, place: str) -> str:
    """Each complete month with its limits and the rules that it breaks."""
    words = context.words(metric)
    low = f"greatest({words.low:g}, {{}})" if words.low is not None else "{}"
    high = f"least({words.high:g}, {{}})" if words.high is not None else "{}"
    totals = context.facts.totals("month", by=("touchpoint",))
    breaks = "break_before" if context.facts.has("metrics", "break_before") else "false"
    return f"""
    with points as (
        select metric, method_version, touchpoint, period_grain, period_start, n, value,
            interval_low, interval_high, interval_method,
            n >= {context.config.minimum_n} as counts, {breaks} as break_before
        from metrics
        where {totals}
            and touchpoint = {literal(place)}
            and {context.is_measure(metric, version)}
            and period_end < {context.facts.today}
            and value is not null
    ),

    -- when another way to measure took its place
    ended as (
        select min(period_start) as ended_at
        from metrics
        where {totals}
            and touchpoint = {literal(place)}
            and metric = {literal(metric)} and {breaks}
            and period_start > (select max(period_start) from points)
            and period_end < {context.facts.today}
    ),

    moves as (
        select *, value - lag(value) over (order by period_start) as move
        from points
        where counts
    ),

    limits as (
        select avg(value) as mean,
            {low.format("avg(value) - 2.66 * avg(abs(move))")} as lower_limit,
            {high.format("avg(value) + 2.66 * avg(abs(move))")} as upper_limit,
            avg(value) - 2.66 * 2 / 3 * avg(abs(move)) as near_low,
            avg(value) + 2.66 * 2 / 3 * avg(abs(move)) as near_high
        from moves
        having count(*) >= {LEAST}
    ),

    placed as (
        select moves.period_start, move, limits.*, sign(value - mean)::integer as side,
            value < lower_limit or value > upper_limit as is_outside,
            (value > near_high)::integer - (value < near_low)::integer as near
        from moves
        cross join limits
    ),

    runs as (
        select *,
            sum((side is distinct from previous_side)::integer) over months as run,
            sum((sign(move) is distinct from previous_sign)::integer) over months as trend,
            count_if(near = 1) over (
                order by period_start rows between 2 preceding and current row
            ) as high_to_here,
            count_if(near = -1) over (
                order by period_start rows between 2 preceding and current row
            ) as low_to_here
        from (
            select *, lag(side) over months as previous_side,
                lag(sign(move)) over months as previous_sign
            from placed
            window months as (order by period_start)
        )
        window months as (order by period_start)
    ),

    judged as (
        select *,
            side != 0 and count(*) over (partition by run) >= 7 as is_run,
            coalesce(sign(move), 0) != 0 and count(*) over (partition by trend) >= 5 as in_trend,
            near = 1 and max(high_to_here) over (
                order by period_start rows between current row and 2 following
            ) >= 2 or near = -1 and max(low_to_here) over (
                order by period_start rows between current row and 2 following
            ) >= 2 as is_near
        from runs
    )

    select points.*, ended_at, mean, lower_limit, upper_limit, side,
        nullif(concat_ws(', ',
            case when is_outside then 'outside a limit' end,
            case when is_run then 'seven on one side' end,
            case when is_near then 'two of three near a limit' end,
            case when in_trend or lead(in_trend) over (order by points.period_start)
                then 'six rising or falling' end), '') as rule
    from points
    cross join ended
    left join judged using (period_start)
    order by points.period_start
    """
