-- One row per journey, step of its path, and touchpoint there, with 'all' as total of each step.
{%- set steps = var('journey_path_steps') %}
with counted as (
    select
        journey,
        path,
        least(visits, {{ steps }} + 1) as visits,
        outcome,
        count(*) as journeys
    from {{ ref('journeys') }}
    group by journey, path, least(visits, {{ steps }} + 1), outcome
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
        journeys
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
    cast(arrived - open as bigint) as n,
    {{ share('dropped_share', '(failed + abandoned)', '(arrived - open)', '(definitions.has_goal or definitions.has_failure)') }},
    {{ no_share('(arrived - open)') }} as flag
from summed
inner join definitions on summed.journey = definitions.journey
