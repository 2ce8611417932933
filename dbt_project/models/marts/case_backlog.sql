-- One row per month's end (and now), source and touchpoint: open cases and how old they are, with 'all' as total.
{%- set places = ['source', 'touchpoint'] %}
{#- Voices are read by name: a CTE that is read twice is written out with all its columns. #}
with
cases as (
    select clocks.*, voices.touchpoint
    from {{ ref('int_case_clocks') }} as clocks
    inner join {{ ref('int_placed_voices') }} as voices using (record_id)
    where voices.voice = 'case' and not clocks.is_merged
),

-- what is open at the end of what was heard of a source is open now
heard as (
    {{ heard_of_sources() }}
),

states as (
    select
        states.record_id,
        states.from_at,
        states.until_at,
        {{ is_open('states.status') }} as is_open,
        -- a history with a gap, or none, tells less than the case itself
        cases.requester_wait_seconds is not null as is_told
    from {{ ref('int_case_states') }} as states
    inner join cases on states.record_id = cases.record_id
),

stretches as (
    select record_id, from_at as opened_at, until_at as ended_at
    from states
    where is_told and is_open
    union all
    select record_id, created_at, case when is_done then coalesce(resolved_at, created_at) end
    from cases
    where requester_wait_seconds is null
),

-- the month's end is the next one's first moment
spans as (
    select
        cases.source,
        cases.touchpoint,
        cases.created_at,
        heard.last_at,
        stretches.opened_at,
        stretches.ended_at,
        date_diff('month', date '1970-01-01', stretches.opened_at) + 1 as first_month,
        -- what ended with the month's last moment is not open at its end
        date_diff(
            'month', date '1970-01-01',
            least(coalesce(stretches.ended_at - interval 1 microsecond, heard.last_at), heard.last_at)
        ) as last_month
    from stretches
    inner join cases on stretches.record_id = cases.record_id
    inner join heard on cases.source = heard.source
),

month_ends as (
    select
        source,
        touchpoint,
        created_at,
        {{ each_from_to('first_month', 'last_month') }} as month
    from spans
    where first_month <= last_month
),

open_cases as (
    select
        'month' as period_grain,
        source,
        touchpoint,
        created_at,
        cast({{ dbt.dateadd('month', 'month', "date '1970-01-01'") }} as timestamp) as counted_at
    from month_ends
    union all
    select 'now', source, touchpoint, created_at, last_at
    from spans
    where ended_at is null
),

aged as (
    select
        period_grain,
        case when period_grain = 'month' then cast(counted_at - interval 1 day as date) end as month_end,
        source,
        touchpoint,
        created_at,
        date_diff('second', created_at, counted_at) / 86400.0 as age_days
    from open_cases
)

select
    period_grain,
    month_end,
    {%- for place in places %}
    case when grouping({{ place }}) = 1 then 'all' else {{ place }} end as {{ place }},
    {%- endfor %}
    count(*) as open_cases,
    round(median(age_days), 4) as age_days_median,
    round({{ quantile('age_days', 0.9) }}, 4) as age_days_p90,
    min(created_at) as oldest_created_at
from aged
group by period_grain, month_end, cube({{ places | join(', ') }})
