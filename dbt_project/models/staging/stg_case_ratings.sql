-- One row per rating that a customer gave a case: its current version, tombstones included.
{{ config(feed=['record_id']) }}
with versions as (
    {{ current_versions(source('raw', 'case_ratings'), 'case_ratings', ['source', 'rating_id'], 'updated_at') }}
)

select
    record_id,
    source,
    rating_id,
    case_id,
    person_ref,
    email,
    phone,
    phone_e164,
    external_id,
    account_ref,
    score,
    scale_min,
    scale_max,
    comment,
    sentiment,
    rated_at,
    updated_at,
    attributes,
    _deleted as is_deleted,
    _load_id,
    _loaded_at,
    _seen_at,
    _first_load_id
from versions
