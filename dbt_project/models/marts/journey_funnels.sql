-- One row per journey and month in which it started, and one per journey for all months.
{#- Journeys are read by name: a CTE that is read twice is written out with all its columns. #}
{%- set month = "cast(date_trunc('month', started_at) as date)" %}
with counted as (
    select
        journey,
        case when grouping({{ month }}) = 1 then 'all' else 'month' end as period_grain,
        {{ month }} as month,
        cast(min(started_at) as date) as first_day,
        cast(max(started_at) as date) as last_day,
        count(*) as entered,
        {%- for outcome in ('reached', 'failed', 'abandoned', 'ended', 'open') %}
        count(*) filter (outcome = '{{ outcome }}') as {{ outcome }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('journeys') }}
    group by grouping sets ((journey, {{ month }}), (journey))
),

definitions as (
    select journey, has_goal, has_failure from {{ ref('int_journey_definitions') }}
),

lasted as (
    select
        journey,
        case when grouping({{ month }}) = 1 then 'all' else 'month' end as period_grain,
        {{ month }} as month,
        count(*) as n,
        {{ in_order('days') }} as days
    from {{ ref('journeys') }}
    where outcome = 'reached'
    group by grouping sets ((journey, {{ month }}), (journey))
),

-- the median's interval has no formula of its own: with 95 % it lies between these two places
medians as (
    select
        journey,
        period_grain,
        month,
        ({{ at_place('days', 'floor((n + 1) / 2.0)') }} + {{ at_place('days', 'ceil((n + 1) / 2.0)') }}) / 2 as median_days,
        {{ at_place('days', 'greatest(1, floor(n / 2.0 - ' ~ z() ~ ' * sqrt(n) / 2))') }} as median_days_low,
        {{ at_place('days', 'least(n, ceil(1 + n / 2.0 + ' ~ z() ~ ' * sqrt(n) / 2))') }} as median_days_high
    from lasted
)

select
    counted.journey,
    counted.period_grain,
    coalesce(counted.month, counted.first_day) as period_start,
    case
        when counted.period_grain = 'month' then cast(counted.month + interval 1 month - interval 1 day as date)
        else counted.last_day
    end as period_end,
    counted.entered,
    counted.reached,
    counted.failed,
    counted.abandoned,
    counted.ended,
    counted.open,
    counted.entered - counted.open as n,
    {{ share('reached_share', 'counted.reached', '(counted.entered - counted.open)', 'definitions.has_goal') }},
    {%- for column in ('median_days', 'median_days_low', 'median_days_high') %}
    case when counted.reached >= {{ var('journey_min_n') }} then round(medians.{{ column }}, 4) end as {{ column }},
    {%- endfor %}
    {{ no_share('(counted.entered - counted.open)') }} as flag
from counted
inner join definitions on counted.journey = definitions.journey
left join medians
    on counted.journey = medians.journey
    and counted.period_grain = medians.period_grain
    and counted.month is not distinct from medians.month
