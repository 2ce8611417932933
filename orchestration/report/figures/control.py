"""Control charts (XmR), computed by the query: the page only draws what it returns."""

from __future__ import annotations

from dataclasses import replace

from orchestration.report.config import Words
from orchestration.report.drawings import control
from orchestration.report.figure import Figure
from orchestration.report.figures.context import Context
from orchestration.warehouse.sql import literal, literals

LEAST = 6
"""Months below which limits would say nothing."""
SURE = 12
"""Months below which they are provisional."""


def controls(context: Context) -> list[Figure]:
    """The chief metric by month: the whole or, where only some touchpoints are wanted, each."""
    there = context.facts.places.get(context.chief, ())
    places = tuple(place for place in context.touchpoints if place in there) or ("all",)
    charts = [
        _control(context, metric, version, places)
        for metric, version in context.measured((context.chief,))
    ]
    return charts[:1] + [replace(chart, says="Read as the one before.") for chart in charts[1:]]


def _control(context: Context, metric: str, version: str, places: tuple[str, ...]) -> Figure:
    words = context.words(metric)
    number = context.facts.versions[metric].index(version)
    name = "-".join(["control", metric.replace("_", "-"), str(number)])
    label = context.label(metric, version)
    # of several each chart is named by its own
    where = f" at {places[0]}" if len(places) == 1 and places != ("all",) else ""
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
            + _scales(words, places)
        ),
        sql=sql(context, metric, version, places),
        draw=lambda result: control(result, words, name),
        empty=f"No complete month of {label}{where} yet.",
    )


def _scales(words: Words, places: tuple[str, ...]) -> str:
    """How charts beside each other are to be compared."""
    if len(places) == 1:
        return ""
    if words.unit == "minutes":
        return " Each has a scale of its own: what takes minutes here takes days there."
    return " All are on one scale."


def sql(context: Context, metric: str, version: str, places: tuple[str, ...]) -> str:
    """Each complete month of each touchpoint with its limits and the rules that it breaks."""
    words = context.words(metric)
    low = f"greatest({words.low:g}, {{}})" if words.low is not None else "{}"
    high = f"least({words.high:g}, {{}})" if words.high is not None else "{}"
    totals = context.facts.totals("month", by=("touchpoint",))
    breaks = "break_before" if context.facts.has("metrics", "break_before") else "false"
    at = f"touchpoint in ({literals(places)})"
    return f"""
    with points as (
        select metric, method_version, touchpoint, period_grain, period_start, n, value,
            interval_low, interval_high, interval_method,
            n >= {context.config.minimum_n} as counts, {breaks} as break_before
        from metrics
        where {totals}
            and {at}
            and {context.is_measure(metric, version)}
            and period_end < {context.facts.today}
            and value is not null
    ),

    told_to as (
        select touchpoint, max(period_start) as last_month
        from metrics
        where {totals}
            and {at}
            and {context.is_measure(metric, version)}
        group by touchpoint
    ),

    -- the first month of another way to measure that took its place; of one that began within
    -- its last month that is the next
    ended as (
        select touchpoint,
            cast(greatest(min(period_start), last_month + interval 1 month) as date) as ended_at
        from metrics
        inner join told_to using (touchpoint)
        where {totals}
            and {at}
            and metric = {literal(metric)} and {breaks}
            and method_version <> {literal(version)}
            and period_start >= last_month
            and period_end < {context.facts.today}
        group by touchpoint, last_month
    ),

    moves as (
        select *, value - lag(value) over (
            partition by touchpoint order by period_start
        ) as move
        from points
        where counts
    ),

    limits as (
        select touchpoint, avg(value) as mean,
            {low.format("avg(value) - 2.66 * avg(abs(move))")} as lower_limit,
            {high.format("avg(value) + 2.66 * avg(abs(move))")} as upper_limit,
            avg(value) - 2.66 * 2 / 3 * avg(abs(move)) as near_low,
            avg(value) + 2.66 * 2 / 3 * avg(abs(move)) as near_high
        from moves
        group by touchpoint
        having count(*) >= {LEAST}
    ),

    placed as (
        select touchpoint, moves.period_start, sign(move)::integer as step,
            limits.* exclude (touchpoint), sign(value - mean)::integer as side,
            value < lower_limit or value > upper_limit as is_outside,
            (value > near_high)::integer - (value < near_low)::integer as near
        from moves
        inner join limits using (touchpoint)
    ),

    runs as (
        select *,
            sum((side is distinct from previous_side)::integer) over months as run,
            sum((step is distinct from previous_step)::integer) over months as trend,
            count_if(near = 1) over last_three as high_to_here,
            count_if(near = -1) over last_three as low_to_here
        from (
            select *, lag(side) over months as previous_side, lag(step) over months as previous_step
            from placed
            window months as (partition by touchpoint order by period_start)
        )
        window months as (partition by touchpoint order by period_start),
            last_three as (months rows between 2 preceding and current row)
    ),

    judged as (
        select *,
            side != 0 and count(*) over (partition by touchpoint, run) >= 7 as is_run,
            coalesce(step, 0) != 0
                and count(*) over (partition by touchpoint, trend) >= 5 as in_trend,
            near = 1 and max(high_to_here) over next_three >= 2
                or near = -1 and max(low_to_here) over next_three >= 2 as is_near
        from runs
        window next_three as (
            partition by touchpoint order by period_start
            rows between current row and 2 following
        )
    ),

    -- the month from which six rise or fall is one of the six
    trends as (
        select *, case when in_trend then step when lead(in_trend) over months
                then lead(step) over months end as trend_step
        from judged
        window months as (partition by touchpoint order by period_start)
    )

    select points.*, ended_at, mean, lower_limit, upper_limit,
        case when is_outside or is_run or is_near then side else trend_step end as direction,
        nullif(concat_ws(', ',
            case when is_outside then 'outside a limit' end,
            case when is_run then 'seven on one side' end,
            case when is_near then 'two of three near a limit' end,
            case trend_step when 1 then 'six rising' when -1 then 'six falling' end), '') as rule
    from points
    left join ended using (touchpoint)
    left join trends using (touchpoint, period_start)
    order by list_position([{literals(places)}], touchpoint), points.period_start
    """
