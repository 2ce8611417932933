-- One row per team: its current version, tombstones included.
with versions as (
    {{ current_versions(source('raw', 'teams'), 'teams', ['source', 'team_ref'], 'updated_at') }}
)

select
    record_id,
    source,
    team_ref,
    name,
    parent_team_ref,
    touchpoint,
    headcount,
    updated_at,
    attributes,
    _deleted as is_deleted,
    _load_id,
    _loaded_at,
    _seen_at,
    _first_load_id
from versions
