-- One row per journey and path: its first few touchpoints, each named once however often touched in a row.
{#- paths that are told of one journey; the rest is one row, so that nothing is lost -#}
{%- set most = 100 %}
with months as (
    {{ settled_months() }}
),

counted as (
    select
        counts.journey,
        counts.path,
        sum(counts.journeys) as journeys,
        coalesce(sum(counts.journeys) filter (counts.has_loops), 0) as looped,
        coalesce(sum(counts.journeys) filter (months.is_settled and counts.outcome <> 'open'), 0) as n,
        {%- for outcome in ('reached', 'failed', 'abandoned') %}
        coalesce(sum(counts.journeys) filter (months.is_settled and counts.outcome = '{{ outcome }}'), 0) as {{ outcome }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('journey_counts') }} as counts
    inner join months on counts.journey = months.journey and counts.month = months.month
    group by counts.journey, counts.path
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
