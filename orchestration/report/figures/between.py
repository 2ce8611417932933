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
                "(order statistics) is among the numbers. Logarithmic scale."
            ),
            sql=f"""
            with steps as (
                select journey || ': ' || previous_touchpoint || ' → ' || touchpoint as step,
                    minutes_since_previous as minutes
                from journey_steps
                where previous_touchpoint != touchpoint and minutes_since_previous >= 0
                    and {context.at()}
            ),

            placed as (
                select step, minutes, count(*) over (partition by step) as n,
                    row_number() over (partition by step order by minutes) as place
                from steps
            )

            {quantiles("step")}
            order by n desc, step
            limit 14
            """,
            draw=lambda result: strips(result, "step", name),
            empty="Nobody has gone from one touchpoint to another yet.",
        )
    ]
