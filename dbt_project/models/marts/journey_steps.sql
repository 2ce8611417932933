-- One row per event of a journey, in its order.
with events as (
    -- a touch of nobody known is on no journey
    select * from {{ ref('journey_events') }} where customer_id is not null
),

definitions as (
    select
        *,
        coalesce(timeout_days, {{ var('journey_gap_days') }}) as days
    from {{ ref('journey_definitions') }}
),

considered as (
    select
        definitions.journey,
        definitions.days,
        events.event_id,
        events.customer_id,
        events.occurred_at,
        events.kind,
        events.stage,
        events.touchpoint,
        events.channel,
        coalesce(events.kind = definitions.start_kind, true)
        and coalesce(events.touchpoint = definitions.start_touchpoint, true) as is_start,
        coalesce(definitions.goal_kind, definitions.goal_touchpoint) is not null
        and coalesce(events.kind = definitions.goal_kind, true)
        and coalesce(events.touchpoint = definitions.goal_touchpoint, true) as is_goal,
        lag(events.occurred_at) over in_time as previous_at
    from events
    cross join definitions
    window in_time as (
        partition by definitions.journey, events.customer_id order by events.occurred_at, events.event_id
    )
),

-- a silence longer than the timeout ends a journey
paused as (
    select
        *,
        sum(
            case when occurred_at > previous_at + days * interval 1 day then 1 else 0 end
        ) over in_time as pauses
    from considered
    window in_time as (partition by journey, customer_id order by occurred_at, event_id)
),

-- so does its goal; what comes after belongs to the next one
reached as (
    select
        *,
        coalesce(sum(case when is_goal then 1 else 0 end) over (
            partition by journey, customer_id, pauses order by occurred_at, event_id
            rows between unbounded preceding and 1 preceding
        ), 0) as goals
    from paused
),

started as (
    select
        *,
        sum(case when is_start then 1 else 0 end) over stretch as starts
    from reached
    window stretch as (
        partition by journey, customer_id, pauses, goals order by occurred_at, event_id
        rows between unbounded preceding and current row
    )
),

steps as (
    select
        *,
        row_number() over stretch as step,
        first_value(event_id) over stretch as first_event_id
    from started
    -- before its start nothing is on the journey
    where starts > 0
    window stretch as (
        partition by journey, customer_id, pauses, goals order by occurred_at, event_id
    )
)

select
    {{ hash_id(['journey', 'customer_id', 'first_event_id']) }} as journey_id,
    journey,
    customer_id,
    step,
    event_id,
    occurred_at,
    kind,
    stage,
    touchpoint,
    channel,
    is_goal,
    lag(touchpoint) over own as previous_touchpoint,
    lead(touchpoint) over own as next_touchpoint,
    case when step > 1 then date_diff('second', previous_at, occurred_at) / 60.0 end as minutes_since_previous
from steps
window own as (partition by journey, customer_id, first_event_id order by step)
