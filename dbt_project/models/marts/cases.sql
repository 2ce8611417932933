-- One row per case: how fast it was answered and solved, how often it came back, who waits now.
with cases as (
    select * from {{ ref('int_case_clocks') }}
),

voices as (
    select * from {{ ref('int_placed_voices') }} where voice = 'case'
),

ratings as (
    select
        case_id,
        max_by(score, struct_pack(at := scored_at, id := score_id)) as csat,
        max_by(is_top_box, struct_pack(at := scored_at, id := score_id)) as is_satisfied
    from {{ ref('scores') }}
    where kind = 'case'
    group by case_id
)

select
    cases.record_id as case_id,
    cases.source,
    {{ published_ref('cases.case_id') }} as case_ref,
    voices.customer_id,
    voices.account_id,
    voices.team_ref,
    cases.status,
    cases.priority,
    cases.topic,
    cases.product,
    voices.stage,
    voices.touchpoint,
    voices.channel,
    voices.segment,
    cases.created_at,
    cases.is_agent_created,
    cases.first_reply_at,
    date_diff('second', cases.created_at, cases.first_reply_at) / 60.0 as first_reply_minutes,
    cases.first_reply_at is null as first_reply_is_censored,
    cases.resolved_at,
    date_diff('second', cases.created_at, cases.resolved_at) / 60.0 as resolution_minutes,
    cases.resolved_at is null as resolution_is_censored,
    cases.reopens,
    cases.public_messages,
    cases.customer_messages,
    cases.agent_messages,
    cases.waiting_since is not null as is_waiting,
    cases.waiting_since,
    ratings.csat,
    ratings.is_satisfied
from cases
inner join voices using (record_id)
left join ratings on cases.record_id = ratings.case_id
