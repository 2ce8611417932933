-- One row per journey and path: its first few touchpoints, each named once however often touched in a row.
{#- paths that are told of one journey; the rest is one row, so that nothing is lost -#}
{%- set most = 100 %}
with months as (
    {{ settled_months() }}
),

counted as (
    select
        journeys.journey,
        journeys.path,
        count(*) as journeys,
        count(*) filter (journeys.loops > 0) as looped,
        count(*) filter (months.is_settled and journeys.outcome <> 'open') as n,
        {%- for outcome in ('reached', 'failed', 'abandoned') %}
        count(*) filter (months.is_settled and journeys.outcome = '{{ outcome }}') as {{ outcome }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('journeys') }} as journeys
    inner join months
        on journeys.journey = months.journey and cast(date_trunc('month', journeys.started_at) as date) = months.month
    group by journeys.journey, journeys.path
),

ranked as (
    select *, row_number() over (partition by journey order by journeys desc, path) as place
    from counted
),

folded as (
    select
        journey,
        case when place <= {{ most }} then path else 'all others' end as path,
        min(place) as place,
        count(*) as paths,
        sum(journeys) as journeys,
        sum(looped) as looped,
        sum(reached) as reached,
        sum(failed) as failed,
        sum(abandoned) as abandoned,
        sum(n) as n
    from ranked
    group by journey, case when place <= {{ most }} then path else 'all others' end
),

definitions as (
    select journey, has_goal, has_failure from {{ ref('int_journey_definitions') }}
),

totals as (
    select journey, sum(journeys) as all_journeys
    from counted
    group by journey
)

select
    folded.journey,
    folded.path,
    folded.place,
    folded.paths,
    cast(folded.journeys as bigint) as journeys,
    cast(totals.all_journeys as bigint) as all_journeys,
    {{ share('share', 'folded.journeys', 'totals.all_journeys') }},
    {{ share('looped_share', 'folded.looped', 'folded.journeys') }},
    cast(folded.n as bigint) as n,
    {{ share('reached_share', 'folded.reached', 'folded.n', 'definitions.has_goal') }},
    {{ share('failed_share', 'folded.failed', 'folded.n', 'definitions.has_failure') }},
    {{ share('abandoned_share', 'folded.abandoned', 'folded.n', 'definitions.has_goal') }},
    {{ no_share('folded.n') }} as flag
from folded
inner join definitions on folded.journey = definitions.journey
inner join totals on folded.journey = totals.journey
