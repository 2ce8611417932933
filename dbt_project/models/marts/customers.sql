-- One row per customer: everybody whom a reference names.
{{ config(
    materialized='incremental', incremental_strategy='changes', unique_key='customer_id', reads_feeds='row_hash',
) }}
{%- set tables = [ref('int_customer_ids'), ref('int_customers'), ref('journey_events'), ref('scores')] %}
{%- set news = read_feeds(tables) %}
{%- if news %}
    {%- set touched %}
        {%- for table in tables %}
        select customer_id from {{ news[table.identifier] }}
        {{ 'union' if not loop.last }}
        {%- endfor %}
    {%- endset %}
    {%- do temporary('touched_customers', touched) %}
{%- endif %}
{%- set theirs = 'customer_id in (select customer_id from touched_customers)' if news else 'customer_id is not null' %}
with ids as (
    select distinct customer_id from {{ ref('int_customer_ids') }} where until is null and {{ theirs }}
),

described as (
    select * from {{ ref('int_customers') }}
),

events as (
    select
        customer_id,
        min(occurred_at) as first_seen_at,
        max(occurred_at) as last_seen_at,
        count(*) as touches,
        count(distinct source) as sources,
        count(*) filter (kind = 'case_opened') as cases,
        sum(amount) as amount,
        min(currency) filter (amount is not null) as currency,
        count(distinct currency) filter (amount is not null) as currencies
    from {{ ref('journey_events') }}
    where is_touch and {{ theirs }}
    group by customer_id
),

nps as (
    select
        customer_id,
        max_by(score, struct_pack(at := scored_at, id := score_id)) as last_nps,
        max(scored_at) as last_nps_at
    from {{ ref('scores') }}
    where metric = 'nps' and {{ theirs }}
    group by customer_id
),

told as (
    select
        ids.customer_id,
        described.account_id,
        coalesce(described.segment, 'unknown') as segment,
        described.country,
        described.language,
        least(described.created_at, events.first_seen_at) as first_seen_at,
        events.last_seen_at,
        coalesce(events.touches, 0) as touches,
        coalesce(events.sources, 0) as sources,
        coalesce(events.cases, 0) as cases,
        nps.last_nps,
        nps.last_nps_at,
        case when events.currencies <= 1 then cast(events.amount as decimal(18, 2)) end as amount,
        case when events.currencies <= 1 then events.currency end as currency
    from ids
    left join described using (customer_id)
    left join events using (customer_id)
    left join nps using (customer_id)
)

{{ changes('told', 'customer_id', [
    'customer_id', 'account_id', 'segment', 'country', 'language', 'first_seen_at', 'last_seen_at', 'touches', 'sources',
    'cases', 'last_nps', 'last_nps_at', 'amount', 'currency',
], among='touched_customers' if news) }}
