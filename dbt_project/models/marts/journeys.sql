-- One row per customer and journey that they made.
{#- A customer's journeys are told anew as a whole, and only if one of their events or scores changed,
    or if one that was open has been silent for long enough since. -#}
{{ config(materialized='incremental', incremental_strategy='changes', unique_key='customer_id') }}
{%- set columns = [
    'journey_id', 'journey', 'customer_id', 'account_id', 'started_at', 'last_at', 'outcome', 'days',
    'touches', 'channels', 'efforts', 'first_touchpoint', 'last_touchpoint', 'first_score', 'last_score',
    'lowest_score', 'amount', 'currency',
] %}
with all_steps as (
    select * from {{ ref('journey_steps') }}
),

events as (
    select * from {{ ref('journey_events') }}
),

all_scores as (
    select * from {{ ref('scores') }}
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

-- the steps of a customer carry one fingerprint already
stepped as (
    select customer_id, any_value(row_hash) as row_hash
    from all_steps
    group by customer_id
),

scored as (
    select customer_id, bit_xor(row_hash) as row_hash
    from all_scores
    where customer_id is not null
    group by customer_id
),

fingerprints as (
    select stepped.customer_id, {{ row_hash(['stepped.row_hash', 'coalesce(scored.row_hash, 0)']) }} as row_hash
    from stepped
    left join scored on stepped.customer_id = scored.customer_id
),
{%- if is_incremental() %}

held as (
    select customer_id, any_value(row_hash) as row_hash
    from {{ this }}
    group by customer_id
),

-- time alone ends a journey
fell_silent as (
    select distinct journeys.customer_id
    from {{ this }} as journeys
    inner join definitions on journeys.journey = definitions.journey
    cross join clock
    where journeys.outcome = 'open'
        and clock.heard_at > journeys.last_at + definitions.days * interval 1 day
),

touched as (
    select coalesce(fingerprints.customer_id, held.customer_id) as customer_id, fingerprints.row_hash
    from fingerprints
    full join held on fingerprints.customer_id = held.customer_id
    left join fell_silent on fingerprints.customer_id = fell_silent.customer_id
    where fingerprints.row_hash is distinct from held.row_hash or fell_silent.customer_id is not null
),
{%- else %}

touched as (
    select * from fingerprints
),
{%- endif %}

steps as (
    select all_steps.*, touched.row_hash as fingerprint
    from all_steps
    inner join touched on all_steps.customer_id = touched.customer_id
),

scores as (
    select
        all_scores.voice_id as event_id,
        -- scores of different scales are comparable only by their place on the scale
        avg(100 * (all_scores.score - all_scores.scale_min) / (all_scores.scale_max - all_scores.scale_min))
            as place_on_scale
    from all_scores
    inner join touched on all_scores.customer_id = touched.customer_id
    group by all_scores.voice_id
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
        any_value(fingerprint) as row_hash,
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
),

journeys as (
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
        case when grouped.currencies <= 1 then grouped.currency end as currency,
        grouped.row_hash
    from grouped
    inner join definitions using (journey)
    cross join clock
)

select {{ columns | join(', ') }}, row_hash
from journeys
{%- if is_incremental() %}
union all
select {{ only_deletes('customer_id', columns) }}
from touched
where row_hash is null
{%- endif %}
