-- One row per customer account as one source knows it: its current version, tombstones included.
{{ config(feed=['source', 'account_ref']) }}
with versions as (
    {{ current_versions(source('raw', 'accounts'), 'accounts', ['source', 'account_ref'], 'updated_at') }}
)

select
    record_id,
    source,
    account_ref,
    name,
    parent_account_ref,
    external_id,
    domain,
    segment,
    country,
    created_at,
    updated_at,
    attributes,
    _deleted as is_deleted,
    _load_id,
    _loaded_at,
    _seen_at,
    _first_load_id
from versions
