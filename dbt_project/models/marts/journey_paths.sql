-- One row per journey and path: its first few touchpoints, each named once however often touched in a row.
{#- paths that are told of one journey; the rest is one row, so that nothing is lost -#}
{%- set most = 100 %}
with counted as (
    select
        journey,
        path,
        count(*) as journeys,
        count(*) filter (loops > 0) as looped,
        count(*) filter (outcome = 'reached') as reached,
        count(*) filter (outcome = 'failed') as failed,
        count(*) filter (outcome = 'abandoned') as abandoned,
        count(*) filter (outcome = 'open') as open
    from {{ ref('journeys') }}
    group by journey, path
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
        sum(open) as open
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
    cast(folded.journeys - folded.open as bigint) as n,
    {{ share('reached_share', 'folded.reached', '(folded.journeys - folded.open)', 'definitions.has_goal') }},
    {{ share('failed_share', 'folded.failed', '(folded.journeys - folded.open)', 'definitions.has_failure') }},
    {{ share('abandoned_share', 'folded.abandoned', '(folded.journeys - folded.open)', 'definitions.has_goal') }},
    {{ no_share('(folded.journeys - folded.open)') }} as flag
from folded
inner join definitions on folded.journey = definitions.journey
inner join totals on folded.journey = totals.journey
