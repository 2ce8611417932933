-- One row per voice: an invitation, response, case, rating, review or purchase, with what places it.
with invitations as (
    select * from {{ ref('stg_survey_invitations') }} where not is_deleted
),

responses as (
    select * from {{ ref('stg_survey_responses') }}
    where not is_deleted
        -- screened out, over quota and previews are nobody's answers
        and status in ('completed', 'partial')
),

cases as (
    select * from {{ ref('stg_cases') }} where not is_deleted
),

ratings as (
    select * from {{ ref('stg_case_ratings') }} where not is_deleted
),

reviews as (
    select * from {{ ref('stg_reviews') }} where not is_deleted
),

value_events as (
    select * from {{ ref('stg_value_events') }} where not is_deleted
),

case_rules as (
    select * from {{ ref('int_case_rules') }}
)

select
    record_id,
    'survey_invitation' as voice,
    'survey' as kind,
    source,
    account_ref,
    survey_id,
    invitation_id as native_ref,
    null as case_id,
    channel,
    null as topic,
    null as product,
    touchpoint as given_touchpoint,
    cast(null as integer) as rule_priority,
    null as given_segment,
    null as team_ref,
    null as language,
    sent_at as occurred_at
from invitations

union all

select
    responses.record_id,
    'survey_response',
    'survey',
    responses.source,
    coalesce(responses.account_ref, invitations.account_ref),
    responses.survey_id,
    responses.response_id,
    null,
    coalesce(responses.channel, invitations.channel),
    null,
    null,
    coalesce(responses.touchpoint, invitations.touchpoint),
    null,
    responses.segment,
    null,
    responses.language,
    coalesce(responses.submitted_at, responses.started_at, responses.updated_at)
from responses
left join invitations
    on responses.source = invitations.source and responses.invitation_id = invitations.invitation_id

union all

select
    cases.record_id,
    'case',
    'case',
    cases.source,
    cases.account_ref,
    null,
    cases.case_id,
    cases.case_id,
    cases.channel,
    cases.topic,
    cases.product,
    cases.touchpoint,
    case_rules.rule_priority,
    cases.segment,
    cases.team_ref,
    cases.language,
    cases.created_at
from cases
left join case_rules using (record_id)

union all

-- a rating is placed where its case is, and stays a rating when that is deleted
select
    ratings.record_id,
    'case_rating',
    'case',
    ratings.source,
    coalesce(ratings.account_ref, cases.account_ref),
    null,
    ratings.rating_id,
    cases.case_id,
    cases.channel,
    cases.topic,
    cases.product,
    cases.touchpoint,
    case_rules.rule_priority,
    cases.segment,
    cases.team_ref,
    cases.language,
    ratings.rated_at
from ratings
left join cases on ratings.source = cases.source and ratings.case_id = cases.case_id
left join case_rules on cases.record_id = case_rules.record_id

union all

select
    record_id,
    'review',
    'review',
    source,
    account_ref,
    null,
    review_id,
    null,
    null,
    null,
    coalesce(subject_name, subject_ref),
    touchpoint,
    null,
    null,
    null,
    language,
    reviewed_at
from reviews

union all

select
    record_id,
    event_type,
    event_type,
    source,
    account_ref,
    null,
    event_id,
    null,
    null,
    null,
    product,
    touchpoint,
    null,
    null,
    null,
    null,
    occurred_at
from value_events
