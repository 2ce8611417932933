-- One row per person as one source knows them: its current version, tombstones included.
{{ config(feed=['record_id']) }}
with versions as (
    {{ current_versions(source('raw', 'people'), 'people', ['source', 'person_ref'], 'updated_at') }}
)

select
    record_id,
    source,
    person_ref,
    email,
    phone,
    phone_e164,
    external_id,
    account_ref,
    full_name,
    segment,
    country,
    language,
    merged_into_ref,
    created_at,
    updated_at,
    attributes,
    _deleted as is_deleted,
    _load_id,
    _loaded_at,
    _seen_at,
    _first_load_id
from versions
