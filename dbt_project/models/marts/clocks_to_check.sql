-- One row per finding about business hours, or about cases whose clocks cannot be read.
with findings as (
    select * from {{ ref('int_calendar_findings') }}
),

cases as (
    select * from {{ ref('cases') }}
),

-- empty where nobody works by a calendar, which is nothing to look at
stretches as (
    select * from {{ ref('int_business_stretches') }}
),

backwards as (
    select source, clock_findings, count(*) as cases, min(created_at) as first_at, max(created_at) as last_at
    from cases
    where clock_findings is not null
    group by source, clock_findings
),

without_hours as (
    select source, count(*) as cases, min(created_at) as first_at, max(created_at) as last_at
    from cases
    where calendar is null and exists (select 1 from stretches)
    group by source
),

without_states as (
    select source, count(*) as cases, min(created_at) as first_at, max(created_at) as last_at
    from cases
    where requester_wait_minutes is null
    group by source
)

select
    'wrong' as severity,
    seed as place,
    concat_ws(': ', 'line ' || line, nullif(entry, '')) as entry,
    case
        when seed = 'business_hours' and calendar <> '' then 'calendar ' || calendar || ' is set aside: ' || finding
        else finding
    end as finding,
    cast(null as bigint) as n,
    cast(null as timestamp) as first_at,
    cast(null as timestamp) as last_at
from findings
union all
select
    'look',
    'cases',
    source || ',' || clock_findings,
    'a clock runs backwards and shows no minutes: mend the times in the source',
    cases,
    first_at,
    last_at
from backwards
union all
select
    'look',
    'team_calendars',
    source,
    'no calendar for the team: no business clock; add a row for the team, or one without a team',
    cases,
    first_at,
    last_at
from without_hours
union all
select
    'look',
    'cases',
    source,
    'states are not told, have a gap, or end elsewhere than the case: no waits; see whether changes are read',
    cases,
    first_at,
    last_at
from without_states
union all
select
    'look',
    'cases',
    source,
    case what
        when 'messages' then 'messages on cases that were never told of: they count nowhere; see whether all cases are read'
        else 'merged into a case that is not here, or into each other: they count nowhere; see whether all cases are read'
    end,
    n,
    null,
    null
from {{ ref('int_loose_ends') }}
