"""What a data engineer asks of a source."""

from __future__ import annotations

from pydantic import HttpUrl

from orchestration.report.figure import Figure
from orchestration.report.figures.context import Context
from orchestration.report.figures.listed import Listed, listed
from orchestration.warehouse.sql import literal


def of_source(context: Context, source: str) -> list[Figure]:
    """What was loaded, what became of it, what of it counts nowhere, how its clocks compare."""
    since = context.facts.months_ago(context.config.months)
    name = literal(source)
    return listed(
        context,
        _loads(context, name),
        _rejects(name, context.config.data_docs),
        _kinds(name),
        _months(name, since),
        _questions(name),
        _parity(name),
    )


def _loads(context: Context, name: str) -> Listed:
    told = context.facts.has("about_sources", "is_late", "failed_streams")
    late, failed = ("is_late", "failed_streams") if told else ("null", "null")
    return Listed(
        name="loads",
        title="What was loaded",
        says=(
            "Read = accepted + rejected + repeated, by family, of the packages in force. Late: its "
            "newest record was older than the source promises; failed: streams that could not be "
            "read when they last were to be."
        ),
        empty="Nothing has been loaded yet.",
        sql=f"""
        select family, connector, loads, last_loaded_at, age_hours, records_read as read,
            records_accepted as accepted, records_rejected as rejected,
            records_deduplicated as repeated,
            {late} as late, {failed} as failed
        from about_sources
        where source = {name}
        order by family
        """,
    )


def _rejects(name: str, data_docs: HttpUrl | None) -> Listed:
    return Listed(
        name="rejects",
        title="What the raw gate set aside",
        says=(
            "Rows that broke the contract of their table, by how; what is rejected above could not "
            "be read in the first place. The rows are in the warehouse, in raw.<table>__rejects; "
            "what each rule found in the last load is in Great Expectations' Data Docs, in "
            "build/data_docs."
        ),
        empty="Every row that was loaded kept its contract.",
        sql=f"""
        select table_name, reason, rows, last_rejected_at
        from about_rejects
        where source = {name}
        order by rows desc, table_name, reason
        """,
        links={"Great Expectations' Data Docs": str(data_docs)} if data_docs else {},
    )


def _kinds(name: str) -> Listed:
    return Listed(
        name="kinds",
        title="What became of it on the journey",
        says=(
            "Events by kind, with the first and the last; a kind that stopped long before the "
            "others is worth a look."
        ),
        empty="None of it is on the journey.",
        sql=f"""
        select kind, count(*) as events, count_if(customer_id is null) as without_customer,
            count_if(touchpoint = 'unmapped') as without_touchpoint,
            min(occurred_at) as first_at, max(occurred_at) as last_at
        from journey_events
        where source = {name}
        group by kind
        order by events desc, kind
        """,
    )


def _months(name: str, since: str) -> Listed:
    return Listed(
        name="months",
        title="Events by month",
        says="The last months; a census.",
        empty="No event in these months.",
        sql=f"""
        select date_trunc('month', occurred_at)::date as period_start, count(*) as events,
            count(distinct customer_id) as customers
        from journey_events
        where source = {name} and occurred_at >= {since}
        group by all
        order by period_start
        """,
    )


def _questions(name: str) -> Listed:
    return Listed(
        name="source-questions",
        title="Questions of it that count nowhere",
        says="What to add to the seed question_map.",
        empty="Every question that looks scored is mapped.",
        sql=f"""
        select survey_id, question_id, item_id, question, question_type, numeric_answers, reason
        from questions_to_map
        where source = {name}
        order by numeric_answers desc nulls last, survey_id, question_id, item_id
        limit 40
        """,
    )


def _parity(name: str) -> Listed:
    return Listed(
        name="parity",
        title="Its own clocks beside ours",
        says="How often our clocks show what the source states itself, and why not.",
        empty="It states no clocks of its own.",
        sql=f"""
        select clock, hours, compared, agreed, match_rate, match_rate_low, match_rate_high,
            not_ours, not_stated, reasons
        from case_parity_summary
        where source = {name}
        order by clock, hours
        """,
    )
