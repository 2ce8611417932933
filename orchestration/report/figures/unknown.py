"""What we don't know: who stayed silent, what counts nowhere, what is late, hidden or broken."""

from __future__ import annotations

from orchestration.report.drawings import DotRow, DotTable, dots, table
from orchestration.report.figure import Figure, Row
from orchestration.report.figures.context import Context
from orchestration.report.formats import interval, number
from orchestration.warehouse.sql import literal


def unknown(context: Context) -> list[Figure]:
    """Everything, the widest gap first."""
    return [
        *responses(context),
        *_listed(context, _sources(context)),
        *_listed(context, _gaps(context)),
        *_listed(context, _breaks(context)),
        *_listed(context, _hidden(context)),
        *_listed(context, _lists(context)),
    ]


def responses(context: Context) -> list[Figure]:
    """Response rates by touchpoint."""
    return [
        Figure(
            name="responses",
            title="How many of those who were asked answered",
            says=(
                f"{context.words('response_rate').definition} Over the whole period, with the 95 % "
                "interval (Wilson). It says how sure the rate is, not whether those who answer "
                "think like those who do not."
            ),
            sql=f"""
            select metric, method_version, period_grain, touchpoint, period_start, period_end, n,
                value, interval_low, interval_high, interval_method
            from metrics
            where {context.facts.totals("all", by=("touchpoint",))}
                and metric = {literal("response_rate")}
                and {context.at(whole=True)}
            order by touchpoint = 'all', value, touchpoint
            """,
            draw=lambda result: dots(
                DotTable(
                    heads=("touchpoint", "invited", "answered", "95 % interval"),
                    rows=[_response(row) for row in result.rows],
                    axis=("0 %", "100 %"),
                    scale=(0, 100),
                    caption="Response rates",
                )
            ),
            empty="No survey has told whom it invited.",
        )
    ]


def _response(row: Row) -> DotRow:
    return DotRow(
        cells=(
            "the whole" if row["touchpoint"] == "all" else row["touchpoint"],
            f"{row['n']:,}",
            number(row["value"], "percent"),
            interval(row["interval_low"], row["interval_high"], "percent"),
        ),
        value=row["value"],
        low=row["interval_low"],
        high=row["interval_high"],
        tone="ink",
    )


_Listed = list[tuple[str, str, str, str, str]]
"""name, title, says, sql, empty."""


def _listed(context: Context, found: _Listed) -> list[Figure]:
    return [
        Figure(
            name=name,
            title=title,
            says=says,
            sql=sql,
            draw=lambda result, title=title: table(result, context.config, title),  # type: ignore[misc]
            empty=empty,
            is_whole=True,
        )
        for name, title, says, sql, empty in found
    ]


def _sources(context: Context) -> _Listed:
    if not context.facts.has("journey_events"):
        heard, join = "null::timestamp as newest_voice_at", ""
    else:
        heard = f"newest_voice_at, round(date_diff('hour', newest_voice_at, timestamp {literal(f'{context.facts.as_of:%Y-%m-%d %H:%M:%S.%f}')}) / 24.0, 1) as silent_days"
        join = "left join heard using (source)"
    return [
        (
            "late",
            "Sources, and when they were last heard of",
            "Age is from the last load to publication; silent is from the source's newest voice to "
            "the newest of all. A source that fell silent looks like a calm month.",
            f"""
            with heard as (
                select source, max(occurred_at) as newest_voice_at
                from journey_events
                group by source
            )

            select source, family, last_loaded_at, age_hours, {heard}, records_read, records_accepted,
                records_rejected, records_deduplicated,
                round(100.0 * records_rejected / nullif(records_read, 0), 2) as rejected_percent
            from about_sources
            {join}
            order by age_hours desc, source, family
            """
            if join
            else """
            select source, family, last_loaded_at, age_hours, records_read, records_accepted,
                records_rejected, records_deduplicated
            from about_sources
            order by age_hours desc, source, family
            """,
            "Nothing has been loaded yet.",
        )
    ]


def _gaps(context: Context) -> _Listed:
    return [
        (
            "gaps",
            "Voices that cannot be placed",
            "Touches without a touchpoint or without a customer: they count in totals, but in no "
            "touchpoint, or on nobody's journey.",
            """
            select source, count(*) as touches,
                count_if(touchpoint = 'unmapped') as without_touchpoint,
                count_if(customer_id is null) as without_customer,
                round(100.0 * count_if(touchpoint = 'unmapped') / count(*), 2)
                    as without_touchpoint_percent,
                round(100.0 * count_if(customer_id is null) / count(*), 2)
                    as without_customer_percent
            from journey_events
            where is_touch
            group by source
            order by source
            """,
            "No touch yet.",
        ),
        (
            "flags",
            "Numbers that have no value or no interval",
            "Cells of `metrics` by what keeps them from being told: too few answers for an "
            "interval, too many cases still waiting, too few employees.",
            f"""
            select metric, coalesce(flag, 'none') as flag, count(*) as cells
            from metrics
            where {context.facts.totals("month", by=("touchpoint",))} and flag is not null
            group by all
            order by metric, flag
            """,
            "Every cell has a value and an interval.",
        ),
    ]


def _breaks(context: Context) -> _Listed:
    return [
        (
            "breaks",
            "Breaks of method",
            "Metrics that were measured in more than one way: another scale, top box or question. "
            "Their values must not be compared across versions; no chart here does.",
            f"""
            select metric, method_version, min(period_start) as first_month,
                max(period_start) as last_month, sum(n)::bigint as answers
            from metrics
            where {context.facts.totals("month")}
            group by metric, method_version
            qualify count(*) over (partition by metric) > 1
            order by metric, first_month, method_version
            """,
            "Every metric was measured in one way throughout.",
        )
    ]


def _hidden(_: Context) -> _Listed:
    return [
        (
            "hidden",
            "Hidden groups of employees",
            "Whether any group is hidden, by question. How many are, and how many people are in "
            "them, is not told: it could give one of them away.",
            """
            select driver, metric, bool_or(is_hidden) as some_groups_are_hidden
            from team_pulse
            group by driver, metric
            order by driver, metric
            """,
            "No team has been asked yet.",
        )
    ]


def _lists(context: Context) -> _Listed:
    return [
        (
            "questions",
            "Questions that count nowhere",
            "They look scored and no row of the seed question_map says which metric they are; or "
            "they are mapped and lose answers.",
            """
            select source, survey_id, question, question_type, numeric_answers, unscored_answers,
                reason
            from questions_to_map
            order by numeric_answers desc nulls last, source, survey_id, question_id, item_id
            limit 40
            """,
            "Every question that looks scored is mapped.",
        ),
        (
            "touchpoints",
            "Voices that no rule places",
            "No rule of the seed touchpoint_map says at which touchpoint they are.",
            """
            select source, kind, channel, topic, product, reason, voices, first_at, last_at
            from touchpoints_to_map
            order by voices desc, source, kind, channel, topic, product
            limit 40
            """,
            "Every voice has a touchpoint.",
        ),
        (
            "journey-findings",
            "Journeys that are set aside, or want a look",
            "Definitions that cannot be followed, and what counts but may not be meant.",
            """
            select severity, place, journey, finding, n
            from journeys_to_check
            order by severity desc, n desc, place, journey, finding
            limit 40
            """,
            "Nothing is wrong with the definitions of journeys.",
        ),
        (
            "clock-findings",
            "Clocks that cannot be read",
            "Rows of calendars that cannot be right, and cases whose times contradict each other.",
            """
            select severity, place, entry, finding, n
            from clocks_to_check
            order by severity desc, n desc, place, entry, finding
            limit 40
            """,
            "Every clock can be read.",
        ),
        (
            "conflicts",
            "References that link nobody",
            "Addresses and numbers that too many share, so that they make nobody one customer.",
            """
            select problem, reference_kind, count(*) as set_aside, max(customers) as most_customers,
                sum(records)::bigint as records
            from identity_conflicts
            group by problem, reference_kind
            order by problem, reference_kind
            """,
            "Every reference can be trusted.",
        ),
    ]


def of_source(context: Context, source: str) -> list[Figure]:
    """What a data engineer asks of a source."""
    name = literal(source)
    found: _Listed = [
        (
            "loads",
            "What was loaded",
            "Rows in = accepted + rejected + repeated, by family, of the packages in force.",
            f"""
            select family, connector, loads, last_loaded_at, age_hours, records_read,
                records_accepted, records_rejected, records_deduplicated
            from about_sources
            where source = {name}
            order by family
            """,
            "Nothing has been loaded yet.",
        ),
        (
            "kinds",
            "What became of it on the journey",
            "Events by kind, with the first and the last; a kind that stopped long before the "
            "others is worth a look.",
            f"""
            select kind, count(*) as events, count_if(customer_id is null) as without_customer,
                count_if(touchpoint = 'unmapped') as without_touchpoint, min(occurred_at) as first_at,
                max(occurred_at) as last_at
            from journey_events
            where source = {name}
            group by kind
            order by events desc, kind
            """,
            "None of it is on the journey.",
        ),
        (
            "months",
            "Events by month",
            "The last months; a census.",
            f"""
            select date_trunc('month', occurred_at)::date as period_start, 'month' as period_grain,
                count(*) as events, count(distinct customer_id) as customers
            from journey_events
            where source = {name} and occurred_at >= {context.facts.months_ago(context.config.months)}
            group by all
            order by period_start
            """,
            "No event in these months.",
        ),
        (
            "source-questions",
            "Questions of it that count nowhere",
            "What to add to the seed question_map.",
            f"""
            select survey_id, question_id, item_id, question, question_type, numeric_answers, reason
            from questions_to_map
            where source = {name}
            order by numeric_answers desc nulls last, survey_id, question_id, item_id
            limit 40
            """,
            "Every question that looks scored is mapped.",
        ),
        (
            "parity",
            "Its own clocks beside ours",
            "How often our clocks show what the source states itself, and why not.",
            f"""
            select clock, hours, compared, agreed, match_rate, match_rate_low, match_rate_high,
                not_ours, not_stated, reasons
            from case_parity_summary
            where source = {name}
            order by clock, hours
            """,
            "It states no clocks of its own.",
        ),
    ]
    return _listed(context, found)
