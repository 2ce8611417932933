-- One row per case whose agent is known: who had it last, and whether its customer was asked to rate it.
with cases as (
    select * from {{ ref('stg_cases') }} where not is_deleted and assignee_ref is not null
),

rated as (
    select distinct source, case_id from {{ ref('stg_case_ratings') }} where not is_deleted
)

select
    cases.record_id,
    cases.source,
    cases.assignee_ref as agent_ref,
    cases.team_ref,
    -- who answered was asked, whatever the source says; where it says nothing, silence tells nothing
    case when rated.case_id is not null then true else cases.is_rating_asked end as is_asked
from cases
left join rated on cases.source = rated.source and cases.case_id = rated.case_id
