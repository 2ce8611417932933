-- One row per order, subscription step, refund or use: its current version, tombstones included.
{{ config(feed=['record_id']) }}
with versions as (
    {{ current_versions(source('raw', 'value_events'), 'value_events', ['source', 'event_id'], 'updated_at') }}
)

select
    record_id,
    source,
    event_id,
    event_type,
    person_ref,
    email,
    phone,
    phone_e164,
    external_id,
    account_ref,
    amount,
    currency,
    quantity,
    product,
    status,
    touchpoint,
    occurred_at,
    updated_at,
    attributes,
    _deleted as is_deleted,
    _load_id,
    _loaded_at,
    _seen_at,
    _first_load_id
from versions
