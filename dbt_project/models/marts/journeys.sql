-- One row per customer and journey that they made.
with steps as (
    select * from {{ ref('journey_steps') }}
),

events as (
    select * from {{ ref('journey_events') }}
),

scores as (
    select
        voice_id as event_id,
        -- scores of different scales are comparable only by their place on the scale
        avg(100 * (score - scale_min) / (scale_max - scale_min)) as place_on_scale
    from {{ ref('scores') }}
    group by voice_id
),

definitions as (
    select
        journey,
        coalesce(goal_kind, goal_touchpoint) is not null as has_goal,
        coalesce(timeout_days, {{ var('journey_gap_days') }}) as days
    from {{ ref('journey_definitions') }}
),

-- the last time that anything was heard: a journey is not over because we stopped listening
clock as (
    select max(_seen_at) as heard_at from {{ ref('int_mentions') }}
),

told as (
    select
        steps.*,
        events.account_id,
        events.amount,
        events.currency,
        scores.place_on_scale
    from steps
    inner join events using (event_id)
    left join scores using (event_id)
),

grouped as (
    select
        journey_id,
        journey,
        customer_id,
        max_by(account_id, step) filter (account_id is not null) as account_id,
        min(occurred_at) as started_at,
        max(occurred_at) as last_at,
        min(occurred_at) filter (is_goal) as reached_at,
        count(*) as touches,
        count(distinct channel) as channels,
        count(*) filter (kind in ('case_opened', 'customer_message', 'case_reopened')) as efforts,
        min_by(touchpoint, step) as first_touchpoint,
        max_by(touchpoint, step) as last_touchpoint,
        min_by(place_on_scale, step) filter (place_on_scale is not null) as first_score,
        max_by(place_on_scale, step) filter (place_on_scale is not null) as last_score,
        min(place_on_scale) as lowest_score,
        sum(amount) as amount,
        min(currency) filter (amount is not null) as currency,
        count(distinct currency) filter (amount is not null) as currencies
    from told
    group by journey_id, journey, customer_id
)

select
    grouped.journey_id,
    grouped.journey,
    grouped.customer_id,
    grouped.account_id,
    grouped.started_at,
    grouped.last_at,
    case
        when grouped.reached_at is not null then 'reached'
        when clock.heard_at <= grouped.last_at + definitions.days * interval 1 day then 'open'
        when definitions.has_goal then 'abandoned'
        else 'ended'
    end as outcome,
    date_diff('second', grouped.started_at, grouped.last_at) / 86400.0 as days,
    grouped.touches,
    grouped.channels,
    grouped.efforts,
    grouped.first_touchpoint,
    grouped.last_touchpoint,
    grouped.first_score,
    grouped.last_score,
    grouped.lowest_score,
    -- sums over two currencies are no amount
    case when grouped.currencies <= 1 then cast(grouped.amount as decimal(18, 2)) end as amount,
    case when grouped.currencies <= 1 then grouped.currency end as currency
from grouped
inner join definitions using (journey)
cross join clock
