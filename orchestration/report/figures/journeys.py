"""Journeys: how many reach their goal, where they stop, which way they take, how long it takes."""

from __future__ import annotations

from orchestration.report.drawings import DotRow, DotTable, dots, ribbons, strips
from orchestration.report.figure import Figure, Result, Row
from orchestration.report.figures.context import Context
from orchestration.report.formats import count, interval, number

_PATHS = 6
_STEPS = 16


def reached(context: Context) -> list[Figure]:
    """The share that reaches its goal: in all, and by month."""
    return [_reached(), _by_month(context)]


def _reached() -> Figure:
    return Figure(
        name="reached",
        title="How many journeys reach their goal",
        says=(
            "Of the journeys that are over, the share that reached the goal, with its 95 % "
            "interval (Wilson). What is still open is in neither; what silence ended counts as "
            "not reached, though some of it may yet come back. A journey without a goal has no "
            "share."
        ),
        sql="""
        select journey, period_grain, period_start, period_end, entered, n, open, reached, failed,
            abandoned, ended, reached_share, reached_share_low, reached_share_high, median_days,
            median_days_low, median_days_high, flag
        from journey_funnels
        where period_grain = 'all'
        order by flag nulls first, reached_share, journey
        """,
        draw=lambda result: dots(
            DotTable(
                heads=("journey", "started", "over", "reached", "95 % interval"),
                rows=[_goal(row) for row in result.rows],
                axis=("0 %", "100 %"),
                scale=(0, 100),
                after=("median days to the goal",),
                caption="How many journeys reach their goal",
            )
        ),
        empty="No journey has started yet.",
    )


def _goal(row: Row) -> DotRow:
    days = "–"
    if row["median_days"] is not None:
        ends = interval(row["median_days_low"], row["median_days_high"], "per_100")
        days = f"{number(row['median_days'], 'per_100')} ({ends})"
    share, low, high = (row[f"reached_share{end}"] for end in ("", "_low", "_high"))
    cells = (row["journey"], count(row["entered"]), count(row["n"]))
    if share is None:
        why = {"no_goal": "no goal defined", "too_few": "too few"}.get(row["flag"] or "", "–")
        return DotRow((*cells, "–", why), None, None, None, after=(days,))
    texts = (number(share, "percent"), interval(low, high, "percent"))
    return DotRow((*cells, *texts), share, low, high, tone="ink", after=(days,))


def _by_month(context: Context) -> Figure:
    name = "reached-by-month"
    return Figure(
        name=name,
        title="The share that reaches its goal, by the month of the start",
        says=(
            "The band is the 95 % interval (Wilson). Left out, but among the numbers, are months "
            "that are not settled: some of their journeys are open, and those that are over are "
            "the quick ones; or less time has passed than half of those who reach the goal take, "
            "so that silence ended many that would yet have reached it."
        ),
        sql=f"""
        with usual as (
            select journey, median_days as usual_days
            from journey_funnels
            where period_grain = 'all'
        )

        select journey, period_grain, period_start, n, open, reached_share, reached_share_low,
            reached_share_high, flag, usual_days,
            open = 0 and coalesce(
                date_diff('day', period_end, {context.facts.today}) >= usual_days, true
            ) as is_settled
        from journey_funnels
        inner join usual using (journey)
        where period_grain = 'month'
            and period_end < {context.facts.today}
            and flag is distinct from 'no_goal'
        order by journey, period_start
        """,
        draw=lambda result: ribbons(
            Result(result.columns, tuple(_settled(row) for row in result.rows)),
            "journey",
            ("reached_share", "reached_share_low", "reached_share_high"),
            "percent",
            name,
        ),
        empty="No complete month yet.",
    )


def _settled(row: Row) -> Row:
    """A month as it may be drawn: without its share while it is not settled."""
    return row if row["is_settled"] else {**row, **dict.fromkeys(c for c in row if "share" in c)}


def dropoffs(context: Context) -> list[Figure]:
    """Where journeys stop."""
    return [
        Figure(
            name="dropoffs",
            title="Where journeys stop",
            says=(
                "Of the journeys that came to a step and are not open there, the share that failed "
                f"or was abandoned at it, with its 95 % interval (Wilson). The {_STEPS} steps at "
                "which most stopped; steps with too few journeys for a share are left out."
            ),
            sql=f"""
            select journey, step, touchpoint, arrived, went_on, reached, failed, abandoned, open, n,
                dropped_share, dropped_share_low, dropped_share_high
            from journey_dropoffs
            where flag is null and touchpoint != 'all' and {context.at()}
            order by failed + abandoned desc, dropped_share desc, journey, step, touchpoint
            limit {_STEPS}
            """,
            draw=lambda result: dots(
                DotTable(
                    heads=("journey, step", "came", "stopped", "share", "95 % interval"),
                    rows=[_drop(row) for row in result.rows],
                    axis=("0 %", "100 %"),
                    scale=(0, 100),
                    caption="Where journeys stop",
                )
            ),
            empty="No step of a journey has been reached often enough yet.",
        )
    ]


def _drop(row: Row) -> DotRow:
    share, low, high = (row[f"dropped_share{end}"] for end in ("", "_low", "_high"))
    return DotRow(
        cells=(
            f"{row['journey']}, {row['step']}: {row['touchpoint']}",
            count(row["n"]),
            f"{row['failed'] + row['abandoned']:,}",
            number(share, "percent"),
            interval(low, high, "percent"),
        ),
        value=share,
        low=low,
        high=high,
        tone="ink",
    )


def paths(_: Context) -> list[Figure]:
    """Which ways journeys take."""
    return [
        Figure(
            name="paths",
            title="The ways that journeys take",
            says=(
                f"The {_PATHS} most frequent paths of each kind: touchpoints in order, each once "
                "however often touched in a row. The dot is the share that reached its goal, with "
                "its 95 % interval (Wilson), where enough are over."
            ),
            sql=f"""
            select journey, place, path, journeys, all_journeys, share, share_low, share_high, n,
                reached_share, reached_share_low, reached_share_high, looped_share, flag
            from journey_paths
            where place <= {_PATHS} and paths = 1
            order by journey, place
            """,
            draw=lambda result: dots(
                DotTable(
                    heads=("journey and path", "took it", "share of all", "reached its goal"),
                    rows=[_path(row) for row in result.rows],
                    axis=("0 %", "100 %"),
                    scale=(0, 100),
                    caption="The ways that journeys take",
                    classes="paths",
                )
            ),
            empty="No path has been taken yet.",
        )
    ]


def _path(row: Row) -> DotRow:
    share, low, high = (row[f"reached_share{end}"] for end in ("", "_low", "_high"))
    told = (
        f"{number(share, 'percent')} ({interval(low, high, 'percent')})"
        if share is not None
        else "–"
    )
    return DotRow(
        cells=(
            f"{row['journey']}: {(row['path'] or '').replace(' > ', ' → ')}",
            count(row["journeys"]),
            number(row["share"], "percent"),
            told,
        ),
        value=share,
        low=low,
        high=high,
        tone="ink",
    )


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


def quantiles(by: str, least: int = 10) -> str:
    """From `placed` (n, place, minutes): quantiles by `by`, and the interval of the median."""
    ends = {
        "p10_minutes": "ceil(n * 0.1)",
        "p25_minutes": "ceil(n * 0.25)",
        "p50_minutes": "ceil(n * 0.5)",
        "p75_minutes": "ceil(n * 0.75)",
        "p90_minutes": "ceil(n * 0.9)",
        "p50_low_minutes": "greatest(floor(n / 2 - 0.98 * sqrt(n)), 1)",
        "p50_high_minutes": "least(ceil(1 + n / 2 + 0.98 * sqrt(n)), n)",
    }
    picked = ",\n    ".join(
        f"round(max(minutes) filter (where place = {place}), 2) as {name}"
        for name, place in ends.items()
    )
    # indented as the queries are in which it stands
    body = f"select {by}, n,\n    {picked}\nfrom placed\nwhere n >= {least}\ngroup by {by}, n"
    return body.replace("\n", "\n            ")
