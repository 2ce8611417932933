"""What we don't know: who stayed silent, what counts nowhere, what is late, hidden or broken."""

from __future__ import annotations

from orchestration.report.drawings import DotRow, DotTable, dots
from orchestration.report.figure import Figure, Row
from orchestration.report.figures.context import Context
from orchestration.report.figures.findings import findings
from orchestration.report.figures.listed import Listed, listed
from orchestration.report.formats import count, interval, number
from orchestration.warehouse.sql import literal


def unknown(context: Context) -> list[Figure]:
    """Everything, the widest gap first."""
    lists = (_late(context), _unplaced(), _flags(context), _breaks(context), _hidden())
    return [*responses(context), *listed(context, *lists), *findings(context)]


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
            count(row["n"]),
            number(row["value"], "percent"),
            interval(row["interval_low"], row["interval_high"], "percent"),
        ),
        value=row["value"],
        low=row["interval_low"],
        high=row["interval_high"],
        tone="ink",
    )


def _late(context: Context) -> Listed:
    told = context.facts.has("about_sources", "is_late", "failed_streams")
    state = (
        "case when failed_streams is not null then 'failed: ' || failed_streams "
        "when is_late then 'late' when loads = 0 then 'never loaded' else 'heard of' end"
    )
    return Listed(
        name="late",
        title="Sources, and when they were last heard of",
        says=(
            "Late is a source whose newest record was older than it promises (counts as late "
            "after), failed one that could not be read when it last was to be. Age is from the "
            "last load to publication; silent is from the source's newest voice to the newest of "
            "all. A source that fell silent looks like a calm month."
        ),
        empty="No source is configured yet.",
        sql=f"""
        with heard as (
            select source, max(occurred_at) as newest_voice_at
            from journey_events
            where occurred_at <= {context.facts.now}
            group by source
        )

        select source, family, {state if told else "'not told'"} as state,
            {"stale_after_hours" if told else "null::double"} as late_after_hours,
            last_loaded_at, age_hours, newest_voice_at,
            round(date_diff('hour', newest_voice_at, {context.facts.now}) / 24.0, 1) as silent_days,
            records_read as read, records_accepted as accepted, records_rejected as rejected,
            records_deduplicated as repeated
        from about_sources
        left join heard using (source)
        order by state like 'failed%' desc, state in ('late', 'never loaded') desc, age_hours desc,
            source, family
        """,
    )


def _unplaced() -> Listed:
    return Listed(
        name="unplaced",
        title="Voices that cannot be placed",
        says=(
            "Touches without a touchpoint or without a customer: they count in totals, but at no "
            "touchpoint, or on nobody's journey."
        ),
        empty="No touch yet.",
        sql="""
        select source, count(*) as touches,
            count_if(touchpoint = 'unmapped') as without_touchpoint,
            round(100.0 * count_if(touchpoint = 'unmapped') / count(*), 2)
                as without_touchpoint_percent,
            count_if(customer_id is null) as without_customer,
            round(100.0 * count_if(customer_id is null) / count(*), 2) as without_customer_percent
        from journey_events
        where is_touch
        group by source
        order by source
        """,
    )


def _flags(context: Context) -> Listed:
    return Listed(
        name="flags",
        title="Numbers that have no value or no interval",
        says=(
            "Cells of metrics by month and touchpoint, by what keeps them from being told: too few "
            "answers for an interval; no end yet: so many still wait; hidden: employees whose "
            "answers it would give away."
        ),
        empty="Every cell has a value and an interval.",
        sql=f"""
        select flag, count(*) as cells, string_agg(distinct metric, ', ' order by metric) as metrics
        from metrics
        where {context.facts.totals("month", by=("touchpoint",))} and flag is not null
        group by flag
        order by flag
        """,
    )


def _breaks(context: Context) -> Listed:
    return Listed(
        name="breaks",
        title="Breaks of method",
        says=(
            "Metrics that were measured in more than one way: another scale, top box or question. "
            "Their values must not be compared across versions; no chart here does."
        ),
        empty="Every metric was measured in one way throughout.",
        sql=f"""
        select metric, method_version, min(period_start) as first_month,
            max(period_start) as last_month, sum(n)::bigint as answers
        from metrics
        where {context.facts.totals("month")}
        group by metric, method_version
        qualify count(*) over (partition by metric) > 1
        order by metric, first_month, method_version
        """,
    )


def _hidden() -> Listed:
    return Listed(
        name="hidden",
        title="Hidden groups of employees",
        says=(
            "Whether any group is hidden, by question. How many are, and how many people are in "
            "them, is not told: it could give one of them away."
        ),
        empty="No team has been asked yet.",
        sql="""
        select driver, metric, bool_or(is_hidden) as some_groups_are_hidden
        from team_pulse
        group by driver, metric
        order by driver, metric
        """,
    )
