"""What moves a score, and what came of what was done about it."""

from __future__ import annotations

from markupsafe import Markup

from orchestration.report.drawings import DotRow, DotTable, dots
from orchestration.report.figure import Figure, Result, Row
from orchestration.report.figures.context import Context
from orchestration.report.formats import count, interval, money, number
from orchestration.warehouse.sql import literal


def outcomes(context: Context) -> list[Figure]:
    """Each initiative and its verdict."""
    return [
        Figure(
            name="outcomes",
            title="What was done, and what came of it",
            says=(
                "Those whom an initiative reached, a year after against a year before, less "
                "what the same time did to those whom it did not reach: the dot, with its 95 % "
                "interval, each row on a scale of its own around zero. Coloured only where the "
                "interval leaves out zero. Bad months are followed by better ones by "
                "themselves, so the months just before the start are no baseline. Money is told"
                " only where the seed initiatives states a cost: contacts that did not come, at"
                " what one costs, less what the initiative cost."
            ),
            sql="""
            select initiative, description, began_on, metric, verdict, works, problem, estimate,
                interval_low, interval_high, interval_method, method_version, n, n_before,
                n_after, difference, difference_low, difference_high, detectable, compared_with,
                baseline_start, baseline_end, period_start, period_end, contacts_avoided,
                contacts_avoided_low, contacts_avoided_high, cost, net, net_low, net_high, currency
            from outcomes
            order by works desc nulls last, began_on desc, initiative
            """,
            draw=lambda result: _draw_outcomes(context, result),
            empty="Nothing is listed in the seed initiatives, so nothing was followed.",
        )
    ]


def _draw_outcomes(context: Context, result: Result) -> Markup:
    return dots(
        DotTable(
            heads=("initiative", "verdict", "effect", "95 % interval", "n"),
            rows=[_outcome(context, row) for row in result.rows],
            after=("net worth",),
            reference=0.0,
            caption="What was done, and what came of it",
        )
    )


def _outcome(context: Context, row: Row) -> DotRow:
    # a row of the seed that cannot be followed may name none
    words = context.words(row["metric"] or "unknown")
    tones = {True: "good", False: "bad" if row["verdict"] == "made it worse" else "grey"}
    ends = [abs(row[c]) for c in ("estimate", "interval_low", "interval_high") if row[c]]
    most = max(ends, default=1.0)
    return DotRow(
        cells=(
            f"{row['initiative']} ({words.label})",
            row["problem"] or row["verdict"],
            number(row["estimate"], words.unit, signed=True),
            interval(row["interval_low"], row["interval_high"], words.unit, signed=True),
            count(row["n"]),
        ),
        value=row["estimate"],
        low=row["interval_low"],
        high=row["interval_high"],
        tone=tones.get(row["works"], "grey"),
        after=(_net(row),),
        scale=(-most, most),
    )


def _net(row: Row) -> str:
    if row["net"] is None:
        return "–"
    low, high = (money(row[end]) for end in ("net_low", "net_high"))
    return f"{money(row['net'])} ({low} to {high}) {row['currency'] or ''}".rstrip()


def moves(context: Context) -> list[Figure]:
    """What customers went through, and by how much it moves the chief metric at a touchpoint."""
    measures = context.measured((context.chief,))
    return [_moves(context, metric, version) for metric, version in measures]


def _moves(context: Context, metric: str, version: str) -> Figure:
    label = context.label(metric, version)
    title = f"What moves {label}"
    return Figure(
        name=f"moves-{metric}-{context.facts.versions.get(metric, (version,)).index(version)}",
        title=title,
        says=(
            f"{label} of those who went through it shortly before they answered, less that of "
            "those who did not, with other topics held fixed. Coloured only where it is more than "
            "noise although all were looked at. It says what goes together, not what would happen "
            "if it were mended: that takes an initiative and somebody whom it does not reach."
        ),
        sql=f"""
        select touchpoint, kind, driver, metric, method_version, period_start, period_end, n,
            n_with, customers, points, interval_low, interval_high, interval_method, verdict
        from drivers
        where metric = {literal(metric)} and method_version = {literal(version)}
            and {context.at()}
        order by verdict = 'noise', points, touchpoint, driver
        """,
        draw=lambda result: _draw_moves(context, result, title),
        empty="Too few answers yet with anything known of the days before them.",
    )


def _draw_moves(context: Context, result: Result, title: str) -> Markup:
    unit = context.words(result.rows[0]["metric"]).unit
    ends = [abs(row[c]) for row in result.rows for c in ("interval_low", "interval_high")]
    most = max(ends, default=1.0)
    return dots(
        DotTable(
            heads=("what happened", "touchpoint", "effect", "95 % interval", "with it", "n"),
            rows=[_move(context, row) for row in result.rows],
            axis=(number(-most, unit, signed=True), number(most, unit, signed=True)),
            scale=(-most, most),
            reference=0.0,
            caption=title,
        )
    )


def _move(context: Context, row: Row) -> DotRow:
    words = context.words(row["metric"])
    tones = {"up": "good", "down": "bad"}
    if words.better == "down":
        tones = {"up": "bad", "down": "good"}
    return DotRow(
        cells=(
            f"{row['driver'].replace('_', ' ')} ({row['kind']})",
            row["touchpoint"],
            number(row["points"], words.unit, signed=True),
            interval(row["interval_low"], row["interval_high"], words.unit, signed=True),
            count(row["n_with"]),
            count(row["n"]),
        ),
        value=row["points"],
        low=row["interval_low"],
        high=row["interval_high"],
        tone=tones.get(row["verdict"], "grey"),
    )
