-- One row per score and circumstance: what its customer had gone through in the days before.
with scores as (
    select * from {{ ref('scores') }} where customer_id is not null
),

cases as (
    select * from {{ ref('cases') }} where customer_id is not null and not is_merged
),

-- reopened by then, not since
reopened as (
    select record_id, first_reopened_at from {{ ref('int_case_clocks') }} where first_reopened_at is not null
),

refunds as (
    select customer_id, occurred_at from {{ ref('journey_events') }} where kind = 'refund' and customer_id is not null
),

usual as (
    select source, quantile_cont(first_reply_minutes, 0.25) as quick, quantile_cont(first_reply_minutes, 0.75) as slow
    from cases
    where first_reply_minutes is not null
    group by source
),

around as (
    select
        scores.score_id,
        scores.scored_at,
        cases.case_id,
        cases.topic,
        cases.first_reply_at,
        cases.first_reply_minutes,
        usual.quick,
        usual.slow,
        reopened.first_reopened_at
    from scores
    inner join cases
        on scores.customer_id = cases.customer_id
        and cases.created_at < scores.scored_at
        and cases.created_at >= scores.scored_at - interval {{ var('driver_days') }} day
    left join usual on cases.source = usual.source
    left join reopened on cases.case_id = reopened.record_id
),

found as (
    -- a case without a topic is not the same as none
    select score_id, 'topic of a case' as kind, coalesce(topic, 'unknown') as driver from around
    union
    select score_id, 'course of a case', 'slow_reply' from around where first_reply_at <= scored_at and first_reply_minutes > slow
    union
    select score_id, 'course of a case', 'quick_reply' from around where first_reply_at <= scored_at and first_reply_minutes < quick
    union
    select score_id, 'course of a case', 'no_reply' from around where coalesce(first_reply_at > scored_at, true)
    union
    select score_id, 'course of a case', 'reopened' from around where first_reopened_at <= scored_at
    union
    select scores.score_id, 'money', 'refund'
    from scores
    inner join refunds
        on scores.customer_id = refunds.customer_id
        and refunds.occurred_at < scores.scored_at
        and refunds.occurred_at >= scores.scored_at - interval {{ var('driver_days') }} day
)

select score_id, kind, driver
from found
