"""Who waits now: cases without an answer, and low scores that nobody has answered."""

from __future__ import annotations

from orchestration.report.drawings import table
from orchestration.report.figure import Figure
from orchestration.report.figures.context import Context
from orchestration.report.figures.promises import past, spoken
from orchestration.report.figures.voices import LOW

_MOST = 40
"""Rows that a list shows; it says how many there are."""
_DAYS = 60
"""Days that an unanswered score is waited for: later, an answer would come out of the blue."""
_NOBODY = "Nobody waits: every customer's last message has been answered."


def ages(context: Context) -> list[Figure]:
    """How many wait for how long."""
    title = "How many wait for us, and for how long"
    promises = context.config.promises.cases
    return [
        Figure(
            name="ages",
            title=title,
            says=(
                "Open cases whose customer's last message nobody has answered, as of "
                f"{context.facts.as_of:%d %b %Y %H:%M} UTC, when the newest voice came in. All of "
                "them are counted, so there is no interval. "
                f"{spoken(promises)}"
            ),
            sql=f"""
            select touchpoint, count(*) as waiting, count(past_promise) as past_promise,
                count_if(days <= 1) as up_to_a_day,
                count_if(days > 1 and days <= 3) as up_to_3_days,
                count_if(days > 3 and days <= 7) as up_to_a_week,
                count_if(days > 7 and days <= 30) as up_to_30_days,
                count_if(days > 30) as longer,
                max(days) as oldest_days
            from (
                select touchpoint, {_days(context, "waiting_since")} as days,
                    {past(context, "waiting_since", promises)} as past_promise
                from cases
                where is_waiting and {context.at()}
            )
            group by touchpoint
            order by waiting desc, touchpoint
            """,
            draw=lambda result: table(result, context.config, title),
            empty=_NOBODY,
            is_whole=True,
            links={"One by one": "waiting.html"},
        )
    ]


def waiting(context: Context) -> list[Figure]:
    """The cases themselves, oldest first."""
    title = "Cases that wait for an answer, oldest first"
    promises = context.config.promises.cases
    return [
        Figure(
            name="open-cases",
            title=title,
            says=(
                f"The oldest {_MOST}; the last column says how many there are in all. A case is "
                "named as its source names it, so that it can be looked up there; the customer's "
                f"last NPS answer says how things stood before. {spoken(promises)}"
            ),
            sql=f"""
            select {_days(context, "waiting_since")} as waiting_days,
                {past(context, "waiting_since", promises)} as past_promise,
                case_ref, cases.source, touchpoint, priority, topic, cases.segment,
                coalesce(team_name, team_ref) as team, reopens,
                last_nps, count(*) over () as in_all
            from cases
            left join customers using (customer_id)
            where is_waiting and {context.at()}
            order by waiting_since, last_nps nulls last, case_ref, case_id
            limit {_MOST}
            """,
            draw=lambda result: table(result, context.config, title),
            when=context.facts.until,
            empty=_NOBODY,
            is_whole=True,
        )
    ]


def unanswered(context: Context) -> list[Figure]:
    """Low scores after which nobody has written to the customer."""
    title = "Low scores that nobody has answered, worst first"
    promises = context.config.promises.low_scores
    return [
        Figure(
            name="unanswered",
            title=title,
            says=(
                f"The lowest score of each response of the last {_DAYS} days (NPS 0 to 6; the "
                "lower half of other scales), of customers whom no agent has written to since, on "
                f"whatever case. The first {_MOST}; the last column says how many there are in "
                "all. Scores that no customer is known of cannot be answered, and are not here. "
                f"{spoken(promises)}"
            ),
            sql=f"""
            with low as (
                select *, (score - scale_min) / nullif(scale_max - scale_min, 0) as place
                from scores
                where scored_at between {context.facts.now} - interval {_DAYS} days
                        and {context.facts.now}
                    and customer_id is not null and {context.at()}
                    and {LOW.replace("place", _PLACE)}
                qualify row_number() over (
                    partition by voice_id order by {_PLACE}, metric, score_id
                ) = 1
            ),

            answers as (
                select customer_id, max(occurred_at) as answered_at
                from journey_events
                where kind in ('agent_message', 'review_answered')
                    and occurred_at <= {context.facts.now}
                group by customer_id
            ),

            said as (
                select voice_id, max(left(comment, 300)) as comment
                from comments
                where kind != 'case message'
                group by voice_id
            )

            select {_days(context, "scored_at")} as days_ago,
                {past(context, "scored_at", promises)} as past_promise, metric,
                printf('%g (%g to %g)', score, scale_min, scale_max) as answer, comment,
                touchpoint, segment, source, voice_ref, count(*) over () as in_all
            from low
            left join answers using (customer_id)
            left join said using (voice_id)
            where answered_at is null or answered_at < scored_at
            order by place, scored_at, voice_ref, voice_id
            limit {_MOST}
            """,
            draw=lambda result: table(result, context.config, title),
            when=context.facts.until,
            empty=f"No low score of the last {_DAYS} days is without an answer.",
            is_whole=True,
        )
    ]


_PLACE = "(score - scale_min) / nullif(scale_max - scale_min, 0)"


def _days(context: Context, since: str) -> str:
    """Days from a time until now, which is when the newest voice came in."""
    return f"round(date_diff('second', {since}, {context.facts.now}) / 86400.0, 1)"
