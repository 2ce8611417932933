-- One row per customer, period, segment and account that they had any touch in, and build since which they did.
{#- Told anew for customers of whom any touch came, changed or went. What they had and have no more stays
    (`versions.sql`), to be taken out of the counts of `metric_customers`. -#}
{%- set key = ['customer_id', 'period_grain', 'period', 'segment', 'account_id'] %}
{{ config(
    materialized='incremental', incremental_strategy='delete+insert', unique_key=key + ['since'],
    reads_feeds='case when until is null then customer_id end',
) }}
{%- set news = read_feeds([ref('journey_events')]) %}
with {{ this_build() }}

seen as (
    select
        customer_id,
        cast(occurred_at as date) as day,
        segment,
        {{ account_number('account_id') }} as account_id
    from {{ ref('journey_events') }}
    where is_touch
        and customer_id {{ 'in (select customer_id from ' ~ news.journey_events ~ ')' if news else 'is not null' }}
),

wanted as (
    {%- for block in customer_cuts() %}
    select distinct
        customer_id,
        '{{ block.grain }}' as period_grain,
        {{ period(block) }} as period,
        {{ 'segment' if 'segment' in block.by else "'all'" }} as segment,
        {{ 'account_id' if 'account_id' in block.by else -2 }} as account_id
    from seen
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

{{ new_versions('wanted', key, 'customer_id', news.journey_events if news) }}
