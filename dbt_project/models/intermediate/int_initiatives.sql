-- One row per row of the seed `initiatives`: its days and sums as such, or what is wrong and what to do.
{{ config(materialized='table') }}
{%- set run_up, window = var('initiative_run_up_days'), var('initiative_window_days') %}
{#- What is counted by whole months has whole months: a year of them before that in which the run-up begins. Of a shorter
    time after, `initiative_sums` takes those of the year before. -#}
{%- set months = [1, window * 12 // 365] | max %}
{%- set months_back %}date_trunc('month', began - interval {{ run_up }} day){% endset %}
with listed as (
    select
        *,
        count(*) over (partition by lower(initiative)) as rows_like_it,
        try_cast(began_on as date) as began,
        try_cast(ended_on as date) as ended,
        try_cast(cost as decimal(18, 2)) as cost_amount,
        try_cast(contact_cost as decimal(18, 2)) as contact_amount
    from {{ ref('initiatives') }}
),

clock as (
    select cast(max(_seen_at) as date) as heard_on from {{ ref('int_mentions') }}
),

known_touchpoints as (
    select touchpoint from {{ ref('touchpoint_map') }}
    union
    select touchpoint from {{ ref('question_map') }}
    union
    select touchpoint from {{ ref('int_touchpoints') }}
),

-- each touchpoint of a list is looked up by itself
named as (
    select initiative, {{ each_part('touchpoint', '|') }} as touchpoint
    from listed
    where touchpoint is not null
),

unknown as (
    select named.initiative, min(named.touchpoint) as touchpoint
    from named
    left join known_touchpoints as known on lower(named.touchpoint) = lower(known.touchpoint)
    where known.touchpoint is null
    group by named.initiative
),

judged as (
    select
        listed.*,
        case
            when listed.initiative is null then 'it has no name: fill the column initiative'
            when rows_like_it > 1
                then 'the name is given twice: rename or remove one; a second run is an initiative of its own'
            when began is null then 'began_on is its first day, as in 2025-07-01'
            when began > clock.heard_on then 'it begins in the future: add the row when it has begun, or mend began_on'
            when ended_on is not null and ended is null then 'ended_on is its last day, as in 2025-12-31, or empty'
            when ended < began then 'it ends before it begins: mend began_on or ended_on'
            when unknown.touchpoint is not null
                then 'no voice was ever at the touchpoint ' || unknown.touchpoint
                    || ', and no rule names it: one of those in journey_events'
            when metric is null or metric not in ('{{ initiative_metrics() | join("', '") }}')
                then 'metric is one of {{ initiative_metrics() | join(", ") }}'
            when tag is not null and metric not in ('{{ initiative_metrics(tagged=true) | join("', '") }}')
                then 'with a tag, customers are followed to their next answer: metric is one of '
                    || '{{ initiative_metrics(tagged=true) | join(", ") }}'
            when tag is not null and coalesce(segment, country, source, topic) is not null
                then 'a tag names whom it reached: leave segment, country, source and topic empty'
            when topic is not null and metric <> 'contact_rate' then 'only contact_rate has topics: leave topic empty'
            when cost is not null and cost_amount is null or contact_cost is not null and contact_amount is null
                then 'cost and contact_cost are plain amounts, as in 1200.50'
            when coalesce(cost, contact_cost) is not null and currency is null
                then 'an amount needs its currency, ISO 4217'
        end as problem
    from listed
    cross join clock
    left join unknown on listed.initiative = unknown.initiative
)

select
    initiative,
    description,
    began as began_on,
    ended as ended_on,
    touchpoint,
    segment,
    country,
    source,
    topic,
    tag,
    metric,
    cost_amount as cost,
    contact_amount as contact_cost,
    currency,
    -- a year against a year, so that each season is on both sides; the weeks before somebody starts
    -- something are those that made them start it, and no baseline
    cast(case
        when metric = 'contact_rate' then {{ months_back }} - interval 12 month
        else began - interval {{ run_up + window }} day
    end as date) as baseline_from,
    cast(case
        when metric = 'contact_rate' then {{ months_back }}
        else began - interval {{ run_up }} day
    end as date) as run_up_from,
    -- exclusive, as are all ends of windows
    cast(least(
        case
            -- from the first whole month on
            when metric = 'contact_rate'
                then date_trunc('month', began + interval 1 month - interval 1 day) + interval {{ months }} month
            else began + interval {{ window }} day
        end,
        coalesce(ended, date '9999-01-01') + interval 1 day
    ) as date) as after_until,
    concat_ws(',', coalesce(initiative, ''), coalesce(began_on, ''), coalesce(touchpoint, ''), coalesce(metric, '')) as entry,
    problem
from judged
