-- One row per stretch of a case that a clock measures, in the working time of a calendar.
{#- Empty where no team has a calendar. A case is told anew if it is not what it was, or if any calendar
    is not: its clock's fingerprint and the calendars' are held with it. -#}
{{ config(
    materialized='incremental', incremental_strategy='changes', unique_key='record_id', feed=['record_id'],
    reads_feeds='row_hash',
) }}
{%- set news = read_feeds([ref('int_case_clocks')], beside=[ref('stg_team_calendars')]) %}
{%- set theirs = 'where record_id in (select record_id from ' ~ news.int_case_clocks ~ ')' if news else '' %}
{%- set columns = [
    'record_id', 'source', 'clock', 'nth', 'calendar', 'began_at', 'ended_at', 'is_over', 'began_worked', 'ended_worked',
    'clock_hash', 'version',
] %}
with calendars as (
    select * from {{ ref('stg_team_calendars') }}
),

wanted as (
    select clocks.*, versions.version
    from (select * from {{ ref('int_case_clocks') }} {{ theirs }}) as clocks
    cross join (select distinct version from calendars) as versions
),
{%- if is_incremental() %}

held as (
    select distinct record_id, clock_hash, version from {{ this }} {{ theirs }}
),

touched as (
    select wanted.*
    from wanted
    left join held on wanted.record_id = held.record_id
    where held.record_id is null or held.clock_hash <> wanted.row_hash or held.version <> wanted.version
),
{%- endif %}

cases as (
    select * from {{ 'touched' if is_incremental() else 'wanted' }}
),

states as (
    select states.*, cases.requester_wait_seconds is not null as is_told
    from {{ ref('int_case_states') }} as states
    inner join cases on states.record_id = cases.record_id
),

turns as (
    select turns.*, cases.resolved_at
    from {{ ref('int_case_turns') }} as turns
    inner join cases on turns.record_id = cases.record_id
),

openings as (
    select record_id, team_ref from states where nth = 1
),

-- a clock of one event goes by the calendar of the team that the case was opened in
measured as (
    select
        turns.record_id,
        turns.source,
        case when turns.nth = 1 then 'first_reply' else 'next_reply' end as clock,
        turns.nth,
        openings.team_ref,
        turns.asked_at as began_at,
        -- what was solved without a reply is not waited for any longer
        case
            when turns.answered_at is not null then turns.answered_at
            when turns.resolved_at is not null then greatest(turns.asked_at, turns.resolved_at)
        end as ended_at,
        turns.answered_at is not null as is_over
    from turns
    inner join openings on turns.record_id = openings.record_id
    {%- for clock in ['first_resolved_at', 'resolved_at'] %}
    union all
    select
        cases.record_id,
        cases.source,
        '{{ 'first_resolution' if clock == 'first_resolved_at' else 'resolution' }}',
        1,
        openings.team_ref,
        cases.created_at,
        cases.{{ clock }},
        cases.{{ clock }} is not null
    from cases
    inner join openings on cases.record_id = openings.record_id
    {%- endfor %}
    {%- for clock, waits in {'requester_wait': requester_waits(), 'agent_wait': agent_waits()}.items() %}
    union all
    -- a wait goes by the calendar of the team in charge when the case came into that state
    select record_id, source, '{{ clock }}', nth, team_ref, from_at, until_at, until_at is not null
    from states
    where is_told and {{ waits }}
    {%- endfor %}
),

of_source as (
    select source, calendar from calendars where source <> '' and team_ref = ''
),

of_any as (
    select max(calendar) as calendar from calendars where source = ''
),

scheduled as (
    select
        measured.*,
        coalesce(calendars.calendar, of_source.calendar, of_any.calendar) as calendar
    from measured
    left join calendars on measured.source = calendars.source and measured.team_ref = calendars.team_ref
    left join of_source on measured.source = of_source.source
    cross join of_any
),

moments as (
    select calendar, began_at as at from scheduled where calendar is not null
    union
    select calendar, ended_at from scheduled where calendar is not null and ended_at is not null
),

worked as (
    {{ worked_until('moments') }}
),

stretches as (
    select
        scheduled.*,
        began.worked as began_worked,
        ended.worked as ended_worked,
        cases.row_hash as clock_hash,
        cases.version
    from scheduled
    inner join cases on scheduled.record_id = cases.record_id
    left join worked as began on scheduled.calendar = began.calendar and scheduled.began_at = began.at
    left join worked as ended on scheduled.calendar = ended.calendar and scheduled.ended_at = ended.at
)

select {{ columns | join(', ') }}, {{ row_hash(columns) }} as row_hash
from stretches
{%- if is_incremental() %}
union all
select {{ only_deletes('record_id', columns) }}
from held
where not exists (select 1 from wanted where wanted.record_id = held.record_id)
{%- endif %}
