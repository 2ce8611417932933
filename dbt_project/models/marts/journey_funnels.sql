-- One row per journey and month in which it started, and one per journey for all months.
{#- Journeys are read by name: a CTE that is read twice is written out with all its columns. #}
{%- set outcomes = ('reached', 'failed', 'abandoned', 'ended', 'open') %}
{%- set month = "cast(date_trunc('month', started_at) as date)" %}
with months as (
    select
        journey,
        month,
        min(first_day) as first_day,
        max(last_day) as last_day,
        cast(sum(journeys) as bigint) as entered,
        {%- for outcome in outcomes %}
        cast(coalesce(sum(journeys) filter (outcome = '{{ outcome }}'), 0) as bigint) as {{ outcome }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('journey_counts') }}
    group by journey, month
),

settled as (
    select *, entered - open as n, {{ is_settled() }} as is_settled from months
),

counted as (
    select
        journey,
        'month' as period_grain,
        * exclude (journey),
        reached as reached_of_n
    from settled
    union all
    select
        journey,
        'all',
        null,
        min(first_day),
        max(last_day),
        cast(sum(entered) as bigint),
        {%- for outcome in outcomes %}
        cast(sum({{ outcome }}) as bigint),
        {%- endfor %}
        cast(coalesce(sum(n) filter (is_settled), 0) as bigint),
        true,
        coalesce(sum(reached) filter (is_settled), 0)
    from settled
    group by journey
),

definitions as (
    select journey, has_goal, has_failure from {{ ref('int_journey_definitions') }}
),

lasted as (
    select
        journeys.journey,
        case when grouping({{ month }}) = 1 then 'all' else 'month' end as period_grain,
        {{ month }} as month,
        count(*) as n,
        {{ in_order('days') }} as days
    from {{ ref('journeys') }} as journeys
    inner join settled on journeys.journey = settled.journey and {{ month }} = settled.month
    where journeys.outcome = 'reached' and settled.is_settled
    group by grouping sets ((journeys.journey, {{ month }}), (journeys.journey))
),

-- the median's interval has no formula of its own: with 95 % it lies between these two places
medians as (
    select
        journey,
        period_grain,
        month,
        n,
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
    counted.n,
    case when counted.period_grain = 'month' then counted.is_settled end as is_settled,
    {{ share('reached_share', 'counted.reached_of_n', 'counted.n', '(definitions.has_goal and counted.is_settled)') }},
    {%- for column in ('median_days', 'median_days_low', 'median_days_high') %}
    case when medians.n >= {{ var('journey_min_n') }} then round(medians.{{ column }}, 4) end as {{ column }},
    {%- endfor %}
    {{ no_share('counted.n', 'counted.is_settled') }} as flag
from counted
inner join definitions on counted.journey = definitions.journey
left join medians
    on counted.journey = medians.journey
    and counted.period_grain = medians.period_grain
    and counted.month is not distinct from medians.month
