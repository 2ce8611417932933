-- One row per invitation that arrived, and survey metric that it asked for: whether it was answered.
with voices as (
    select * from {{ ref('int_placed_voices') }} where voice = 'survey_invitation'
),

invitations as (
    select * from {{ ref('stg_survey_invitations') }}
    -- what bounced or failed was never asked
    where not is_deleted and coalesce(status, 'sent') not in ('bounced', 'failed')
),

completed as (
    select distinct source, invitation_id
    from {{ ref('stg_survey_responses') }}
    where not is_deleted and status = 'completed' and invitation_id is not null
),

surveys as (
    select distinct source, survey_id, metric
    from {{ ref('question_map') }}
    where metric <> 'enps'
)

select
    voices.record_id as invitation_id,
    surveys.metric,
    voices.source,
    voices.survey_id,
    voices.touchpoint,
    voices.segment,
    voices.occurred_at as sent_at,
    coalesce(invitations.status = 'completed', false) or completed.invitation_id is not null as is_completed
from voices
inner join invitations using (record_id)
left join completed
    on invitations.source = completed.source and invitations.invitation_id = completed.invitation_id
-- left: a survey without a mapped question has a response rate too
left join surveys on voices.source = surveys.source and voices.survey_id = surveys.survey_id
