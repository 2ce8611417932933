-- One row per clock of a case, as the source itself reads it: its current version, tombstones included.
with versions as (
    {{ current_versions(source('raw', 'case_clocks_stated'), 'case_clocks_stated', ['source', 'case_id', 'clock'], 'updated_at') }}
)

select
    record_id,
    source,
    case_id,
    clock,
    minutes,
    business_minutes,
    updated_at,
    attributes,
    _deleted as is_deleted,
    _load_id,
    _loaded_at,
    _seen_at,
    _first_load_id
from versions
