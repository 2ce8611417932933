-- One row per wait of a case on a clock: when it began, how many whole minutes, whether it is over.
{%- set clocks = {'first_reply': 'first_reply_at', 'resolution': 'resolved_at'} %}
{#- Voices are read by name: a CTE that is read twice is written out with all its columns. #}
with
-- who merged a case away goes on with the other one, and that one's clocks run
cases as (
    select
        clocks.*,
        voices.touchpoint,
        voices.segment,
        voices.stage,
        voices.channel,
        {{ account_number('voices.account_id') }} as account_id,
        -- solved or closed, and nobody knows when: it waits no more, and did for a time that cannot be told
        clocks.is_done and clocks.resolved_at is null as is_over_unknown
    from {{ ref('int_case_clocks') }} as clocks
    inner join {{ ref('int_placed_voices') }} as voices using (record_id)
    where voices.voice = 'case' and not clocks.is_merged
),

turns as (
    select * from {{ ref('int_case_turns') }} where nth > 1
),

stretches as (
    select stretches.*
    from {{ ref('int_business_stretches') }} as stretches
    inner join cases on stretches.record_id = cases.record_id
    where stretches.calendar is not null and (stretches.ended_at is not null or not cases.is_over_unknown)
),

heard as (
    {{ heard_of_sources() }}
),

-- one row per wait: seconds waited, or waited so far; null where a clock ran backwards
waits as (
    {%- for clock, at in clocks.items() %}
    select
        '{{ clock }}' as clock,
        cases.source,
        cases.touchpoint,
        cases.segment,
        cases.stage,
        cases.channel,
        cases.account_id,
        cases.created_at as began_at,
        case
            when cases.{{ at }} is null and cases.is_over_unknown then null
            -- what was solved without a reply waited until then
            when cases.{{ at }} is null
                then greatest(0, date_diff('second', cases.created_at, coalesce(cases.resolved_at, heard.last_at)))
            when cases.{{ at }} >= cases.created_at then date_diff('second', cases.created_at, cases.{{ at }})
        end as seconds,
        cases.{{ at }} is not null as is_over
    from cases
    inner join heard on cases.source = heard.source
    union all
    {%- endfor %}
    select
        'next_reply',
        cases.source,
        cases.touchpoint,
        cases.segment,
        cases.stage,
        cases.channel,
        cases.account_id,
        turns.asked_at,
        case
            when turns.answered_at is not null or not cases.is_over_unknown
                then greatest(
                    0, date_diff('second', turns.asked_at, coalesce(turns.answered_at, cases.resolved_at, heard.last_at))
                )
        end,
        turns.answered_at is not null
    from turns
    inner join cases on turns.record_id = cases.record_id
    inner join heard on cases.source = heard.source
    union all
    select
        'requester_wait',
        cases.source,
        cases.touchpoint,
        cases.segment,
        cases.stage,
        cases.channel,
        cases.account_id,
        cases.created_at,
        cases.requester_wait_seconds
            + coalesce(greatest(0, date_diff('second', cases.requester_waits_since, heard.last_at)), 0),
        cases.is_done
    from cases
    inner join heard on cases.source = heard.source
),

calendars_heard as (
    select distinct stretches.calendar, heard.last_at as at
    from stretches
    inner join heard on stretches.source = heard.source
),

worked as (
    {{ worked_until('calendars_heard') }}
),

-- the same in working time, of those whose clocks a calendar was in force for
business_stretches as (
    select
        stretches.record_id,
        stretches.clock,
        stretches.nth,
        stretches.source,
        stretches.began_at,
        stretches.is_over,
        case
            when stretches.ended_at is null then greatest(0, worked.worked - stretches.began_worked)
            when stretches.ended_at >= stretches.began_at then stretches.ended_worked - stretches.began_worked
        end as seconds
    from stretches
    inner join heard on stretches.source = heard.source
    inner join worked on stretches.calendar = worked.calendar and heard.last_at = worked.at
    where stretches.clock in ('first_reply', 'resolution', 'next_reply', 'requester_wait')
),

business_waits as (
    select record_id, clock, began_at, seconds, is_over
    from business_stretches
    where clock <> 'requester_wait'
    union all
    -- a case waits as long as all of its waits together; one that cannot be told leaves the sum unknown
    select
        business_stretches.record_id,
        business_stretches.clock,
        min(cases.created_at),
        case when count(business_stretches.seconds) = count(*) then sum(business_stretches.seconds) end,
        bool_and(cases.is_done)
    from business_stretches
    inner join cases on business_stretches.record_id = cases.record_id
    where business_stretches.clock = 'requester_wait'
    group by business_stretches.record_id, business_stretches.clock
),

all_waits as (
    select * from waits
    union all
    select
        'business_' || business_waits.clock,
        cases.source,
        cases.touchpoint,
        cases.segment,
        cases.stage,
        cases.channel,
        cases.account_id,
        business_waits.began_at,
        business_waits.seconds,
        business_waits.is_over
    from business_waits
    inner join cases on business_waits.record_id = cases.record_id
)

select
    clock,
    source,
    touchpoint,
    segment,
    stage,
    channel,
    account_id,
    began_at,
    cast(floor(seconds / 60.0) as bigint) as minutes,
    is_over
from all_waits
where seconds is not null
