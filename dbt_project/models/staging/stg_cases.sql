-- One row per case (ticket, conversation, complaint): its current version, tombstones included.
{{ config(feed=['record_id']) }}
with versions as (
    {{ current_versions(source('raw', 'cases'), 'cases', ['source', 'case_id'], 'updated_at') }}
)

select
    record_id,
    source,
    case_id,
    subject,
    description,
    sentiment,
    status,
    priority,
    channel,
    person_ref,
    email,
    phone,
    phone_e164,
    external_id,
    account_ref,
    assignee_ref,
    team_ref,
    product,
    topic,
    touchpoint,
    segment,
    opened_by,
    is_rating_asked,
    language,
    tags,
    created_at,
    solved_at,
    closed_at,
    merged_into_ref,
    updated_at,
    attributes,
    _deleted as is_deleted,
    _load_id,
    _loaded_at,
    _seen_at,
    _first_load_id
from versions
