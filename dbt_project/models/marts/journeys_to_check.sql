-- One row per finding about the definitions of journeys or the touches that they are made of.
{%- set many = 10000 %}
with definitions as (
    select * from {{ ref('int_journey_definitions') }}
),

clock as (
    select max(_seen_at) as heard_at from {{ ref('int_mentions') }}
),

known_touchpoints as (
    select touchpoint from {{ ref('touchpoint_map') }}
    union
    select touchpoint from {{ ref('question_map') }}
    union
    select touchpoint from {{ ref('int_touchpoints') }}
),

findings as (
    select
        'wrong' as severity,
        seed as place,
        journey,
        entry,
        problem as finding,
        cast(null as bigint) as n,
        cast(null as timestamp) as first_at,
        cast(null as timestamp) as last_at
    from {{ ref('int_journey_problems') }}
    union all
    select
        'look',
        'journey_marks',
        marks.journey,
        concat_ws(',', marks.journey, marks.role, coalesce(marks.kind, ''), coalesce(marks.stage, ''),
            coalesce(marks.touchpoint, '')),
        'no voice was ever at this touchpoint, and no rule names it: mend the name, unless it is yet to come',
        0, null, null
    from {{ ref('journey_marks') }} as marks
    where marks.touchpoint is not null
        and not exists (select 1 from known_touchpoints where known_touchpoints.touchpoint = marks.touchpoint)
    union all
    select
        'look',
        'journey_definitions',
        definitions.journey,
        definitions.journey,
        'nobody ever started it: see whether its start names what happens',
        0, null, null
    from definitions
    where not exists (select 1 from {{ ref('journey_funnels') }} as funnels where funnels.journey = definitions.journey)
    union all
    select
        'look',
        'journey_definitions',
        definitions.journey,
        definitions.journey,
        'nobody ever reached it: see whether its goal names what happens',
        funnels.entered,
        null,
        null
    from definitions
    inner join {{ ref('journey_funnels') }} as funnels
        on definitions.journey = funnels.journey and funnels.period_grain = 'all'
    where definitions.has_goal and funnels.reached = 0 and funnels.entered > funnels.open
    union all
    select
        'look',
        'dbt_project.yml',
        null,
        'paid_kinds',
        'nobody paid anything by these kinds, but there are subscriptions or use: name those that are billed',
        count(*),
        min(occurred_at),
        max(occurred_at)
    from {{ ref('journey_events') }}
    where kind in ('subscription_started', 'subscription_renewed', 'usage')
        and not exists (select 1 from {{ ref('journey_events') }} where amount is not null)
    having count(*) > 0
    union all
    -- every start opens one up to the number that may run at once
    select
        'look',
        'journey_definitions',
        journeys.journey,
        journeys.journey,
        'more than {{ most_at_once() }} at once: the further starts are touches of those that ran; see who this is',
        count(distinct journeys.party_id),
        min(journeys.started_at),
        max(journeys.last_at)
    from {{ ref('journeys') }} as journeys
    inner join definitions on journeys.journey = definitions.journey and definitions.is_overlapping
    where journeys.starts > {{ most_at_once() }}
    group by journeys.journey
    union all
    select
        'look',
        'journey_events',
        null,
        concat_ws(',', events.source, events.kind),
        case
            when events.occurred_at < timestamp '{{ var("journey_first_day") }}'
                then 'before {{ var("journey_first_day") }}: on no journey; mend the time in the source'
            else 'more than {{ var("journey_ahead_days") }} days ahead: on no journey until then; mend the time in the source'
        end,
        count(*),
        min(events.occurred_at),
        max(events.occurred_at)
    from {{ ref('journey_events') }} as events
    cross join clock
    where events.occurred_at < timestamp '{{ var("journey_first_day") }}'
        or events.occurred_at > clock.heard_at + interval {{ var('journey_ahead_days') }} day
    group by events.source, events.kind, events.occurred_at < timestamp '{{ var("journey_first_day") }}'
    union all
    select
        'look',
        'customers',
        null,
        'customer_id ' || cast(customer_id as varchar),
        'more than {{ many }} touches of one customer: a desk or a machine? see identity_blocklist',
        touches,
        first_seen_at,
        last_seen_at
    from {{ ref('customers') }}
    where touches > {{ many }}
)

select severity, place, journey, entry, finding, n, first_at, last_at
from findings
