"""How long it takes from one touchpoint to the next."""

from __future__ import annotations

from orchestration.report.drawings import strips
from orchestration.report.figure import Figure
from orchestration.report.figures.context import Context
from orchestration.report.figures.quantiles import quantiles


def between(context: Context) -> list[Figure]:
    """How long it takes from one touchpoint to the next."""
    name = "between"
    return [
        Figure(
            name=name,
            title="The time from one touchpoint to the next",
            says=(
                "The most frequent steps between two touchpoints of a journey. Thick: the middle "
                "half; thin: the middle eight tenths; the tick is the median, whose 95 % interval "
                "(order statistics) is among the numbers. Whole minutes; logarithmic scale."
            ),
            sql=f"""
            with counted as (
                select journey || ': ' || previous_touchpoint || ' → ' || touchpoint as step,
                    round(minutes_since_previous) as minutes, count(*) as times
                from journey_steps
                where previous_touchpoint != touchpoint and minutes_since_previous >= 0
                    and {context.at()}
                group by journey, previous_touchpoint, touchpoint, round(minutes_since_previous)
            ),

            placed as (
                select step, minutes, sum(times) over (partition by step)::bigint as n,
                    sum(times) over (partition by step order by minutes) as place
                from counted
            )

            {quantiles("step")}
            order by n desc, step
            limit 14
            """,
            draw=lambda result: strips(result, "step", name),
            when=context.facts.until,
            empty="Nobody has gone from one touchpoint to another yet.",
        )
    ]
