-- One row per case, clock and hours (calendar or business) of which the source states its own: ours beside it.
{%- set clocks = ['first_reply', 'first_resolution', 'resolution', 'requester_wait', 'agent_wait'] %}
with cases as (
    select * from {{ ref('cases') }}
),

stated as (
    select * from {{ ref('int_stated_clocks') }}
),

changed as (
    select record_id as case_id, is_told, was_solved, last_changed_at
    from {{ ref('int_case_history') }}
),

compared as (
    {%- for clock in clocks %}
    {%- for hours in ['calendar', 'business'] %}
    {%- set prefix = 'business_' if hours == 'business' else '' %}
    select
        cases.case_id,
        cases.source,
        cases.case_ref,
        cases.created_at,
        stated.clock,
        '{{ hours }}' as hours,
        cases.{{ prefix }}{{ clock }}_minutes as our_minutes,
        stated.{{ prefix }}minutes as stated_minutes,
        cases.{{ clock }}_minutes as our_calendar_minutes,
        stated.minutes as stated_calendar_minutes,
        stated.updated_at as stated_at
    from stated
    inner join cases using (case_id)
    where stated.clock = '{{ clock }}'
    {{ 'union all' if not loop.last }}
    {%- endfor %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

judged as (
    select
        *,
        our_minutes - stated_minutes as difference,
        abs(our_minutes - stated_minutes) <= {{ var('parity_minutes') }} as agrees,
        coalesce(abs(our_calendar_minutes - stated_calendar_minutes) <= {{ var('parity_minutes') }}, false)
        as agrees_by_the_calendar
    from compared
    where our_minutes is not null or stated_minutes is not null
)

select
    judged.case_id,
    judged.source,
    judged.case_ref,
    judged.created_at,
    judged.clock,
    judged.hours,
    judged.our_minutes,
    judged.stated_minutes,
    judged.difference,
    judged.agrees,
    -- the first that explains it; what none does is a difference of definitions, or a mistake
    case
        when judged.agrees then null
        when changed.last_changed_at > judged.stated_at then 'changed_since'
        when cases.is_merged then 'merged'
        when judged.our_minutes is null and cases.clock_findings is not null then 'clock_runs_backwards'
        when judged.our_minutes is null and judged.clock in ('requester_wait', 'agent_wait') and not changed.is_told
            then 'states_not_told'
        when judged.our_minutes is null and judged.hours = 'business' and cases.calendar is null then 'no_calendar'
        when judged.hours = 'business' and judged.agrees_by_the_calendar then 'other_business_hours'
        when judged.stated_minutes is null and cases.waits_are_censored then 'stated_when_solved'
        when judged.clock in ('first_resolution', 'resolution') and not changed.was_solved then 'closed_unsolved'
        when judged.clock = 'first_reply' and cases.is_agent_created then 'agent_created'
        when judged.our_minutes is null then 'not_ours'
        when judged.stated_minutes is null then 'not_stated'
        else 'unexplained'
    end as reason
from judged
inner join cases using (case_id)
inner join changed using (case_id)
