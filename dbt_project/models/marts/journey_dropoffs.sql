-- One row per journey, step of its path, and touchpoint there, with 'all' as total of each step.
{%- set steps = var('journey_path_steps') %}
with months as (
    {{ settled_months() }}
),

counted as (
    select
        counts.journey,
        counts.path,
        counts.visits,
        counts.outcome,
        sum(counts.journeys) as journeys,
        coalesce(sum(counts.journeys) filter (months.is_settled), 0) as settled
    from {{ ref('journey_counts') }} as counts
    inner join months on counts.journey = months.journey and counts.month = months.month
    group by counts.journey, counts.path, counts.visits, counts.outcome
),

-- a path is short and there are few: each is told step by step
stepped as (
    {%- for step in range(1, steps + 1) %}
    select
        journey,
        cast({{ step }} as bigint) as step,
        {{ dbt.split_part('path', "' > '", step) }} as touchpoint,
        outcome,
        visits = {{ step }} as is_last,
        journeys,
        settled
    from counted
    where visits >= {{ step }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

definitions as (
    select journey, has_goal, has_failure from {{ ref('int_journey_definitions') }}
),

summed as (
    select
        journey,
        step,
        case when grouping(touchpoint) = 1 then 'all' else touchpoint end as touchpoint,
        sum(journeys) as arrived,
        coalesce(sum(settled) filter (not is_last or outcome <> 'open'), 0) as n,
        coalesce(sum(settled) filter (is_last and outcome in ('failed', 'abandoned')), 0) as dropped_of_n,
        coalesce(sum(journeys) filter (not is_last), 0) as went_on,
        {%- for outcome in ('reached', 'failed', 'abandoned', 'ended', 'open') %}
        coalesce(sum(journeys) filter (is_last and outcome = '{{ outcome }}'), 0) as {{ outcome }}{{ ',' if not loop.last }}
        {%- endfor %}
    from stepped
    group by grouping sets ((journey, step, touchpoint), (journey, step))
)

select
    summed.journey,
    summed.step,
    summed.touchpoint,
    cast(arrived as bigint) as arrived,
    cast(went_on as bigint) as went_on,
    {%- for outcome in ('reached', 'failed', 'abandoned', 'ended', 'open') %}
    cast({{ outcome }} as bigint) as {{ outcome }},
    {%- endfor %}
    cast(n as bigint) as n,
    {{ share('dropped_share', 'dropped_of_n', 'n', '(definitions.has_goal or definitions.has_failure)') }},
    {{ no_share('n') }} as flag
from summed
inner join definitions on summed.journey = definitions.journey
