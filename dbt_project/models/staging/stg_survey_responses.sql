-- One row per response (one person filling in one survey once): its current version, tombstones included.
{{ config(feed=['record_id']) }}
with versions as (
    {{ current_versions(source('raw', 'survey_responses'), 'survey_responses', ['source', 'survey_id', 'response_id'], 'updated_at') }}
)

select
    record_id,
    source,
    survey_id,
    response_id,
    invitation_id,
    person_ref,
    email,
    phone,
    phone_e164,
    external_id,
    account_ref,
    started_at,
    submitted_at,
    status,
    channel,
    touchpoint,
    segment,
    language,
    weight,
    updated_at,
    attributes,
    _deleted as is_deleted,
    _load_id,
    _loaded_at,
    _seen_at,
    _first_load_id
from versions
