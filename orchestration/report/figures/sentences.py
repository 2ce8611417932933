"""Three sentences made from the numbers: what changed, where it hurts, what is not known."""

from __future__ import annotations

from markupsafe import Markup

from orchestration.report.drawings import render
from orchestration.report.figure import Figure, Result, Row
from orchestration.report.figures.context import Context
from orchestration.report.formats import interval, month, number
from orchestration.warehouse.sql import literal, literals


def sentences(context: Context) -> list[Figure]:
    """All three."""
    return [_changed(context), _hurts(context), _not_known(context)]


def _say(text: str) -> Markup:
    return render("sentence.html", text=text)


def _changed(context: Context) -> Figure:
    facts, config = context.facts, context.config
    return Figure(
        name="changed",
        title="What changed beyond noise",
        says=(
            "Totals and touchpoints of the scores and service metrics in the last complete month, "
            f"from {config.minimum_n} answers on, against the month before and the same month a "
            "year before. A change counts only if "
            "it is more than noise though all of them were looked at (Benjamini-Hochberg, 5 %)."
        ),
        sql=f"""
        with looked_at as (
            select *
            from metrics
            where {facts.totals("month", by=("touchpoint",))}
                and metric in ({literals(config.spoken)})
                and period_end < {facts.today}
                and period_start >= {facts.months_ago(3)}
                and n >= {config.minimum_n}
            qualify period_start = max(period_start) over ()
        ),

        comparisons as (
            select metric, method_version, touchpoint, period_start, n, 'the month before' as since,
                value - change as before, value, change, change_low, change_high,
                change_verdict as verdict
            from looked_at where change_verdict is not null
            union all
            select metric, method_version, touchpoint, period_start, n, 'the year before' as since,
                value - year_change as before, value, year_change, year_change_low,
                year_change_high, year_change_verdict
            from looked_at where year_change_verdict is not null
        ),

        counted as (
            select count(*) as comparisons, count_if(verdict in ('up', 'down')) as beyond_noise,
                max(period_start) as latest
            from comparisons
        )

        select counted.*, moved.*
        from counted
        left join (select * from comparisons where verdict in ('up', 'down')) as moved on true
        order by abs(change) / nullif(change_high - change_low, 0) desc, metric, method_version,
            touchpoint, since
        """,
        draw=lambda result: _say(_change(context, result.rows)),
    )


def _change(context: Context, rows: tuple[Row, ...]) -> str:
    first = rows[0]
    if not first["comparisons"]:
        return "No two complete months can be compared yet."
    when = month(first["latest"])
    if not first["beyond_noise"]:
        return (
            f"Nothing moved beyond noise: of {first['comparisons']:,} comparisons of {when} with "
            "the month and the year before, none passed."
        )
    told = "; ".join(_moved(context, row) for row in rows[:2])
    return (
        f"In {when} {first['beyond_noise']:,} of {first['comparisons']:,} comparisons moved beyond "
        f"noise. Furthest: {told}."
    )


def _moved(context: Context, row: Row) -> str:
    words = context.words(row["metric"])
    at = "overall" if row["touchpoint"] == "all" else f"at {row['touchpoint']}"
    label = context.label(row["metric"], row["method_version"])
    better = {"up": "better", "down": "worse"} if words.better == "up" else {}
    better = {"up": "worse", "down": "better"} if words.better == "down" else better
    verdict = better.get(row["verdict"], "other")
    before, now = (number(row[c], words.unit) for c in ("before", "value"))
    change = number(row["change"], words.unit, signed=True)
    ends = interval(row["change_low"], row["change_high"], words.unit, signed=True)
    return (
        f"{label} {at} is {verdict} than {row['since']}, {now} after {before} "
        f"({change}, {ends}, n = {row['n']:,})"
    )


def _hurts(context: Context) -> Figure:
    facts, metric = context.facts, context.config.score
    version = next(iter(facts.versions.get(metric, ())), "")
    return Figure(
        name="hurts",
        title="Where it hurts most",
        says=(
            f"The touchpoint with the lowest {context.words(metric).label} over the whole period, "
            f"of those with at least {context.config.minimum_n} answers. "
            f"{context.words(metric).definition}"
        ),
        sql=f"""
        with places as (
            select metric, method_version, touchpoint, period_start, period_end, n, value,
                interval_low, interval_high, interval_method,
                max(value) filter (where touchpoint = 'all') over () as whole,
                max(interval_low) filter (where touchpoint = 'all') over () as whole_low,
                max(interval_high) filter (where touchpoint = 'all') over () as whole_high
            from metrics
            where {facts.totals("all", by=("touchpoint",))}
                and {context.is_measure(metric, version)}
        )

        select *
        from places
        where touchpoint != 'all' and n >= {context.config.minimum_n} and value is not null
        order by value {"desc" if context.words(metric).better == "down" else ""}, touchpoint
        limit 1
        """,
        draw=lambda result: _say(_worst(context, result.rows[0])),
        empty=f"No touchpoint has {context.config.minimum_n} answers yet.",
    )


def _worst(context: Context, row: Row) -> str:
    words = context.words(row["metric"])
    return (
        f"At {row['touchpoint']}: {words.label} {number(row['value'], words.unit)} "
        f"({_ends(row, 'interval', words.unit)}, n = {row['n']:,}) since "
        f"{month(row['period_start'])}{_beside_the_whole(row, words.unit)}."
    )


def _beside_the_whole(row: Row, unit: str) -> str:
    """Whether a touchpoint can be told from the whole."""
    ends = (row["interval_low"], row["interval_high"], row["whole_low"], row["whole_high"])
    if any(end is None for end in ends):
        return ""
    whole = f"{number(row['whole'], unit)} ({_ends(row, 'whole', unit)})"
    if row["interval_high"] < row["whole_low"] or row["interval_low"] > row["whole_high"]:
        return f", clearly apart from the whole, {whole}"
    return f", but its interval meets that of the whole, {whole}: it may be chance"


def _ends(row: Row, name: str, unit: str) -> str:
    return interval(row[f"{name}_low"], row[f"{name}_high"], unit)


def _not_known(context: Context) -> Figure:
    facts = context.facts
    nobody = "(select count(*) filter (where {0}) from {1})"
    unmapped = nobody.format("true", "questions_to_map")
    anonymous = nobody.format("customer_id is null", "scores")
    if not facts.has("scores", "customer_id"):
        anonymous = "null::bigint"
    missing = "null::varchar"
    if facts.has("about_sources", "is_late", "failed_streams"):
        missing = (
            "(select string_agg(distinct source, ', ' order by source) from about_sources "
            "where is_late or failed_streams is not null)"
        )
    everybody = nobody.format("true", "scores") if facts.has("scores") else "null::bigint"
    return Figure(
        name="not-known",
        title="What is not known",
        says=(
            "Who was asked and did not answer, what was answered and is not counted, which sources "
            "are late or failed when they were last to be read."
        ),
        sql=f"""
        with asked as (
            select metric, method_version, period_start, period_end, n, value, interval_low,
                interval_high, interval_method, round(n * (1 - value / 100))::bigint as silent
            from metrics
            where {facts.totals("all")} and metric = {literal("response_rate")}
                and value is not null
            order by n desc, method_version
            limit 1
        )
        select asked.*,
            {unmapped if facts.has("questions_to_map") else "null::bigint"} as questions_unmapped,
            {missing} as sources_missing,
            {anonymous} as scores_anonymous,
            {everybody} as scores,
            round(100.0 * {anonymous} / nullif({everybody}, 0), 2) as scores_anonymous_percent
        -- one row, also where nobody was asked
        from (select 1) as always left join asked on true
        """,
        draw=lambda result: _say(_unknown(result)),
        links={"What we don't know, in full": "unknown.html"},
    )


def _unknown(result: Result) -> str:
    row = result.rows[0]
    text = "No survey has told whom it invited, so nobody knows how many stayed silent"
    if row["n"] is not None:
        text = (
            f"Of {row['n']:,} who were invited {number(row['value'], 'percent')} answered "
            f"({interval(row['interval_low'], row['interval_high'], 'percent')}): what the other "
            f"{row['silent']:,} think is not known"
        )
    if row["questions_unmapped"]:
        text += f"; {row['questions_unmapped']:,} questions look scored and count nowhere"
    if row["scores_anonymous"]:
        share = number(row["scores_anonymous_percent"], "percent")
        text += f"; {share} of the scores cannot be tied to a customer"
    if row["sources_missing"]:
        text += f"; late, or failed when last read: {row['sources_missing']}"
    return f"{text}."
