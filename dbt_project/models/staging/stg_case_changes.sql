-- One row per change of one field of a case: its current version, tombstones included.
{{ config(feed=['record_id']) }}
with versions as (
    {{ current_versions(source('raw', 'case_changes'), 'case_changes', ['source', 'case_id', 'change_id'], 'changed_at') }}
)

select
    record_id,
    source,
    case_id,
    change_id,
    field,
    old_value,
    new_value,
    changed_by,
    changed_by_ref,
    changed_at,
    attributes,
    _deleted as is_deleted,
    _load_id,
    _loaded_at,
    _seen_at,
    _first_load_id
from versions
