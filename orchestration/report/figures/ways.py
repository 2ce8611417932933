"""Where journeys stop, and which way they take."""

from __future__ import annotations

from orchestration.report.drawings import DotRow, DotTable, dots
from orchestration.report.figure import Figure, Row
from orchestration.report.figures.context import Context
from orchestration.report.formats import count, interval, number

_PATHS = 6
_STEPS = 16


def funnels(context: Context) -> list[Figure]:
    """How many journeys come to each step, and what becomes of them there."""
    return [
        Figure(
            name="funnels",
            title="The funnel of each journey",
            says=(
                "A step is a touchpoint of the path, however often touched in a row. Of the "
                "journeys that came to it and are not open there: how many went on, how many "
                "reached the goal, and the share that failed or was abandoned, with its 95 % "
                "interval (Wilson)."
            ),
            sql="""
            select journey, step, arrived, went_on, reached, failed, abandoned, ended, open, n,
                dropped_share, dropped_share_low, dropped_share_high, flag
            from journey_dropoffs
            where touchpoint = 'all' and flag is distinct from 'no_goal'
            order by journey, step
            """,
            when=context.facts.until,
            draw=lambda result: dots(
                DotTable(
                    heads=(
                        *("journey, step", "came", "went on", "reached", "stopped", "share"),
                        "95 % interval",
                    ),
                    rows=[_step(row) for row in result.rows],
                    axis=("0 %", "100 %"),
                    scale=(0, 100),
                    caption="The funnel of each journey",
                    classes="paths",
                )
            ),
            empty="No journey with a goal has come to a step yet.",
        )
    ]


def _step(row: Row) -> DotRow:
    share, low, high = (row[f"dropped_share{end}"] for end in ("", "_low", "_high"))
    return DotRow(
        cells=(
            f"{row['journey']}, {row['step']}",
            count(row["arrived"]),
            count(row["went_on"]),
            count(row["reached"]),
            f"{row['failed'] + row['abandoned']:,}",
            "too few" if row["flag"] else number(share, "percent"),
            interval(low, high, "percent"),
        ),
        value=share,
        low=low,
        high=high,
        tone="ink",
    )


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
            when=context.facts.until,
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


def paths(context: Context) -> list[Figure]:
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
            when=context.facts.until,
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
