-- One row per period, segment and account, with 'all' as total: customers with any touch of any source.
{%- set by = ['segment', 'account_id'] %}
with events as (
    select * from {{ ref('journey_events') }}
),

seen as (
    select
        cast(occurred_at as date) as day,
        segment,
        {{ account_number('account_id') }} as account_id,
        customer_id
    from events
    where is_touch and customer_id is not null
),
{%- for grain in metric_grains() %}
{%- set block = {'grain': grain, 'by': by, 'sets': subsets(by)} %}

fine_{{ grain }} as (
    select distinct {{ period(block) }} as period, segment, account_id, customer_id from seen
),

-- a customer is one in each cell, however many touches
once_{{ grain }} as (
    select {{ cell(block) }}, customer_id
    from fine_{{ grain }}
    group by period, customer_id, {{ cells(block) }}
),
{%- endfor %}

counted as (
    {%- for grain in metric_grains() %}
    select period_grain, period, segment, account_id, count(*) as customers
    from once_{{ grain }}
    group by all
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * replace ({{ account_text('account_id') }} as account_id)
from counted
