-- One row per message on a case.
select * exclude (is_deleted)
from {{ ref('stg_case_messages') }}
where not is_deleted
