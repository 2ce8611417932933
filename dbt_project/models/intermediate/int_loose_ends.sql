-- One row per source and kind of loose end: what hangs on a case that is not here, and counts nowhere.
with cases as (
    select source, case_id, merged_into_ref from {{ ref('stg_cases') }} where not is_deleted
),

-- few of all; what was said on them went with them
deleted as (
    select source, case_id from {{ ref('stg_cases') }} where is_deleted
),

-- those whose case is here are events: the difference costs less than to look each one up
written as (
    select messages.source, count(*) as messages
    from {{ ref('stg_case_messages') }} as messages
    left join deleted on messages.source = deleted.source and messages.case_id = deleted.case_id
    where not messages.is_deleted
        and messages.is_public
        and messages.author_role in ('customer', 'agent')
        and deleted.case_id is null
    group by messages.source
),

placed as (
    select source, count(*) as messages
    from {{ ref('int_events') }}
    where kind in ('customer_message', 'agent_message')
    group by source
),

-- few of all
merged as (
    select source, case_id, merged_into_ref from cases where merged_into_ref <> case_id
),

-- into a case that is not here, or one that was merged into it: neither goes on
lost as (
    select merged.source, count(*) as cases
    from merged
    left join cases on merged.source = cases.source and merged.merged_into_ref = cases.case_id
    where cases.case_id is null or cases.merged_into_ref = merged.case_id
    group by merged.source
)

select written.source, 'messages' as what, written.messages - coalesce(placed.messages, 0) as n
from written
left join placed on written.source = placed.source
where written.messages > coalesce(placed.messages, 0)
union all
select source, 'merged', cases from lost
