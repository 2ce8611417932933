-- One row per touch: something that a customer did, said or got, at a moment.
with voices as (
    select * from {{ ref('int_placed_voices') }}
),

case_voices as (
    select * from voices where voice = 'case'
),

messages as (
    select * from {{ ref('stg_case_messages') }}
    -- a private note touches no customer
    where not is_deleted and is_public and author_role in ('customer', 'agent')
),

changes as (
    select * from {{ ref('stg_case_changes') }} where not is_deleted and field = 'status'
),

value_events as (
    select * from {{ ref('stg_value_events') }} where not is_deleted
),

spoken as (
    select
        voices.record_id as event_id,
        case voices.voice
            when 'survey_invitation' then 'survey_invited'
            when 'survey_response' then 'survey_answered'
            when 'case' then 'case_opened'
            when 'case_rating' then 'case_rated'
            when 'review' then 'review_written'
            else voices.voice
        end as kind,
        voices.* exclude (record_id, voice, kind),
        cast(
            case when value_events.event_type = 'refund' then -value_events.amount else value_events.amount end
            as decimal(18, 2)
        ) as amount,
        value_events.currency
    from voices
    left join value_events using (record_id)
),

written as (
    select
        messages.record_id as event_id,
        messages.author_role || '_message' as kind,
        case_voices.* exclude (record_id, voice, kind, channel, occurred_at),
        coalesce(messages.channel, case_voices.channel) as channel,
        messages.created_at as occurred_at
    from messages
    inner join case_voices using (source, case_id)
),

moved as (
    select
        changes.record_id as event_id,
        case when changes.new_value = 'solved' then 'case_solved' else 'case_reopened' end as kind,
        case_voices.* exclude (record_id, voice, kind, occurred_at),
        changes.changed_at as occurred_at
    from changes
    inner join case_voices using (source, case_id)
    where changes.new_value = 'solved'
        or (changes.old_value in ('solved', 'closed') and changes.new_value in ('new', 'open', 'pending', 'on_hold'))
),

touches as (
    select * from spoken
    union all by name
    select * from written
    union all by name
    select * from moved
)

select
    touches.event_id,
    touches.occurred_at,
    touches.customer_id,
    touches.account_id,
    touches.team_ref,
    touches.source,
    touches.kind,
    touches.stage,
    touches.touchpoint,
    touches.channel,
    touches.segment,
    {{ hash_id(["'cases'", 'touches.source', 'touches.case_id']) }} as case_id,
    touches.amount,
    touches.currency
from touches
