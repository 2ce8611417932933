-- One row per period, segment and account, with 'all' as total: customers with any touch of any source.
{#- Added to and taken from by what changed since `build` of metric_customer_periods. A cell that lost its last
    customer stays, with 0, so that what was counted stays known. Only what a cell of `metric_cuts` is counted against:
    by account and segment at once it would be many times as much. -#}
{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='cell_id') }}
{%- set news = read_news(ref('metric_customer_periods'), 'periods', 'build', 'customer_id') %}
{%- if is_incremental() %}
    {%- set theirs %}
        select *
        from {{ ref('metric_customer_periods') }}
        where customer_id in (select customer_id from periods_news)
    {%- endset %}
    {%- do temporary('their_periods', theirs) %}
{%- endif %}
with {{ newest_build(ref('metric_customer_periods'), 'periods') }}

told as (
    {{ signed_versions(ref('metric_customer_periods'), 'their_periods', news.number) }}
),
{%- for block in customer_cuts() %}

-- a customer is one in each cell, in however many segments and accounts
once_{{ block.grain }} as (
    select sign, customer_id, {{ cell(block) }}
    from told
    where period_grain = '{{ block.grain }}'
    group by sign, period, customer_id, {{ cells(block) }}
),
{%- endfor %}

counted as (
    {%- for block in customer_cuts() %}
    select period_grain, period, segment, {{ account_text('account_id') }} as account_id, sum(sign) as customers
    from once_{{ block.grain }}
    group by all
    {{ 'union all' if not loop.last }}
    {%- endfor %}
    {%- if news.is_all %}
    union all
    -- what was counted of a table that is no more
    select period_grain, period, segment, account_id, -customers
    from {{ this }}
    {%- endif %}
),

celled as (
    select
        {{ hash_id(['period_grain', 'period', 'segment', 'account_id']) }} as cell_id,
        period_grain,
        period,
        segment,
        account_id,
        cast(sum(customers) as bigint) as customers
    from counted
    group by period_grain, period, segment, account_id
)

select
    celled.* replace (
        {%- if is_incremental() %}
        coalesce(held.customers, 0) + celled.customers as customers
        {%- else %}
        celled.customers as customers
        {%- endif %}
    ),
    periods_build.number as build
from celled
cross join periods_build
{%- if is_incremental() %}
left join {{ this }} as held on celled.cell_id = held.cell_id
{%- endif %}
