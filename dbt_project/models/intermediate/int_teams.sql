-- One row per team that exists.
select
    source,
    team_ref,
    name,
    parent_team_ref,
    touchpoint,
    headcount
from {{ ref('stg_teams') }}
where not is_deleted
