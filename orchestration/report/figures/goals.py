"""How many journeys reach their goal, in all and by month."""

from __future__ import annotations

from orchestration.report.drawings import DotRow, DotTable, dots, ribbons
from orchestration.report.figure import Figure, Row
from orchestration.report.figures.context import Context
from orchestration.report.formats import count, interval, number


def reached(context: Context) -> list[Figure]:
    """The share that reaches its goal: in all, and by month."""
    return [_reached(), _by_month(context)]


def _reached() -> Figure:
    return Figure(
        name="reached",
        title="How many journeys reach their goal",
        says=(
            "Of the journeys that are over, the share that reached the goal, with its 95 % "
            "interval (Wilson). Left out are those that started in months of which more than one "
            "in fifty is open: what is over of these is what ended quickly. What silence ended "
            "counts as not reached, though some of it may yet come back. A journey without a "
            "goal has no share."
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
            "The band is the 95 % interval (Wilson). Months of which more than one journey in "
            "fifty is open have no share: those that are over are the quick ones."
        ),
        sql=f"""
        select journey, period_grain, period_start, n, open, reached_share, reached_share_low,
            reached_share_high, flag
        from journey_funnels
        where period_grain = 'month'
            and period_end < {context.facts.today}
            and flag is distinct from 'no_goal'
        order by journey, period_start
        """,
        draw=lambda result: ribbons(
            result,
            "journey",
            ("reached_share", "reached_share_low", "reached_share_high"),
            "percent",
            name,
        ),
        empty="No complete month yet.",
    )
