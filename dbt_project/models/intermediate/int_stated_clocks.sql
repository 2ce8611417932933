-- One row per clock of a case, as its source itself reads it.
select
    {{ hash_id(["'cases'", 'source', 'case_id']) }} as case_id,
    clock,
    updated_at,
    minutes,
    business_minutes
from {{ ref('stg_case_clocks_stated') }}
where not is_deleted
