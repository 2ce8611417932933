-- One row per invitation sent to one person: its current version, tombstones included.
{{ config(feed=['record_id']) }}
with versions as (
    {{ current_versions(source('raw', 'survey_invitations'), 'survey_invitations', ['source', 'invitation_id'], 'updated_at') }}
)

select
    record_id,
    source,
    invitation_id,
    survey_id,
    person_ref,
    email,
    phone,
    phone_e164,
    external_id,
    account_ref,
    channel,
    touchpoint,
    status,
    sent_at,
    opened_at,
    response_id,
    updated_at,
    attributes,
    _deleted as is_deleted,
    _load_id,
    _loaded_at,
    _seen_at,
    _first_load_id
from versions
