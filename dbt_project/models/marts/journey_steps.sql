-- One row per event of a journey, in its order.
{#- A customer's journeys are cut anew as a whole, and only if one of their events changed: their
    row_hash is the fingerprint of all of them, and of the definitions. -#}
{{ config(materialized='incremental', incremental_strategy='changes', unique_key='customer_id') }}
{%- set definition = [
    'journey', 'start_kind', 'start_touchpoint', 'goal_kind', 'goal_touchpoint',
    'coalesce(timeout_days, ' ~ var('journey_gap_days') ~ ')',
] %}
with all_events as (
    -- a touch of nobody known is on no journey
    select * from {{ ref('journey_events') }} where customer_id is not null
),

seed as (
    select coalesce(bit_xor({{ row_hash(definition) }}), 0) as fingerprint
    from {{ ref('journey_definitions') }}
),

fingerprints as (
    select
        all_events.customer_id,
        xor(bit_xor(all_events.row_hash), any_value(seed.fingerprint)) as row_hash
    from all_events
    cross join seed
    group by all_events.customer_id
),
{%- if is_incremental() %}

held as (
    select customer_id, any_value(row_hash) as row_hash
    from {{ this }}
    group by customer_id
),

touched as (
    select
        coalesce(fingerprints.customer_id, held.customer_id) as customer_id,
        fingerprints.row_hash
    from fingerprints
    full join held on fingerprints.customer_id = held.customer_id
    where fingerprints.row_hash is distinct from held.row_hash
),
{%- else %}

touched as (
    select * from fingerprints
),
{%- endif %}

events as (
    select all_events.* exclude (row_hash), touched.row_hash
    from all_events
    inner join touched using (customer_id)
),

definitions as (
    select
        *,
        coalesce(timeout_days, {{ var('journey_gap_days') }}) as days,
        coalesce(goal_kind, goal_touchpoint) is not null as has_goal
    from {{ ref('journey_definitions') }}
),

-- only what orders and cuts goes through the windows; what describes is joined back at the end
considered as (
    select
        definitions.journey,
        events.customer_id,
        events.event_id,
        events.occurred_at,
        coalesce(events.kind = definitions.start_kind, true)
        and coalesce(events.touchpoint = definitions.start_touchpoint, true) as is_start,
        definitions.has_goal
        and coalesce(events.kind = definitions.goal_kind, true)
        and coalesce(events.touchpoint = definitions.goal_touchpoint, true) as is_goal,
        definitions.days * interval 1 day as timeout,
        row_number() over in_time as place,
        lag(events.occurred_at) over in_time as previous_at,
        lag(events.touchpoint) over in_time as previous_touchpoint,
        lead(events.touchpoint) over in_time as next_touchpoint
    from events
    cross join definitions
    window in_time as (
        partition by definitions.journey, events.customer_id order by events.occurred_at, events.event_id
    )
),

-- a silence longer than the timeout ends a stretch, and so does a goal: what follows is the next one
cut as (
    select
        *,
        sum(case when occurred_at > previous_at + timeout then 1 else 0 end) over until_here
        + coalesce(sum(case when is_goal then 1 else 0 end) over before_here, 0) as stretch
    from considered
    window
        until_here as (
            partition by journey, customer_id order by place
            rows between unbounded preceding and current row
        ),
        before_here as (
            partition by journey, customer_id order by place
            rows between unbounded preceding and 1 preceding
        )
),

-- a journey begins with the first start of a stretch; a stretch without one is none
begun as (
    select
        journey,
        customer_id,
        stretch,
        min(place) filter (is_start) as first_place,
        min_by(event_id, place) filter (is_start) as first_event_id,
        max(place) as last_place
    from cut
    group by journey, customer_id, stretch
    having count(*) filter (is_start) > 0
),

named as (
    select
        *,
        {{ hash_id(['journey', 'customer_id', 'first_event_id']) }} as journey_id
    from begun
),

steps as (
    select
        named.journey_id,
        cut.journey,
        cut.customer_id,
        cut.place - named.first_place + 1 as step,
        cut.event_id,
        cut.occurred_at,
        events.kind,
        events.stage,
        events.touchpoint,
        events.channel,
        cut.is_goal,
        case when cut.place > named.first_place then cut.previous_touchpoint end as previous_touchpoint,
        case when cut.place < named.last_place then cut.next_touchpoint end as next_touchpoint,
        case when cut.place > named.first_place then
            date_diff('second', cut.previous_at, cut.occurred_at) / 60.0
        end as minutes_since_previous,
        events.row_hash
    from cut
    inner join named using (journey, customer_id, stretch)
    inner join events using (event_id)
    where cut.place >= named.first_place
)

select * from steps
{%- if is_incremental() %}
union all by name
-- a row without fingerprint deletes: whose events went elsewhere is on no journey any more
select customer_id, null as row_hash
from touched
where row_hash is null
{%- endif %}
