-- One row per invitation that arrived: whether it was answered.
with voices as (
    select * from {{ ref('int_placed_voices') }} where voice = 'survey_invitation'
),

invitations as (
    select record_id, source, invitation_id, status
    from {{ ref('stg_survey_invitations') }}
    where not is_deleted and {{ is_delivered() }}
),

completed as (
    select distinct source, invitation_id
    from {{ ref('stg_survey_responses') }}
    where not is_deleted and status = 'completed' and invitation_id is not null
)

select
    voices.record_id as invitation_id,
    voices.source,
    voices.survey_id,
    voices.customer_id,
    voices.account_id,
    voices.stage,
    voices.touchpoint,
    voices.channel,
    voices.segment,
    voices.occurred_at as sent_at,
    coalesce(invitations.status = 'completed', false) or completed.invitation_id is not null as is_completed
from voices
inner join invitations using (record_id)
left join completed
    on invitations.source = completed.source and invitations.invitation_id = completed.invitation_id
