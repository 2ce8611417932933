-- One row per period, segment and account, with 'all' as total: customers with any touch of any source.
{#- Only what a cell of `metric_cuts` is counted against: by account and segment at once it would be many times as much. -#}
{%- set by = ['segment', 'account_id'] %}
{%- set blocks = [] %}
{%- for grain in metric_grains() %}
    {%- set sets = [] %}
    {%- for cut in metric_cuts() if cut.grain == grain %}
        {%- for places in cut.sets %}
            {%- set whose = places | select('in', by) | list %}
            {%- if whose not in sets %}{% do sets.append(whose) %}{% endif %}
        {%- endfor %}
    {%- endfor %}
    {%- if sets %}{% do blocks.append({'grain': grain, 'by': sets | sum(start=[]) | unique | list, 'sets': sets}) %}{% endif %}
{%- endfor %}
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
{%- for block in blocks %}

fine_{{ block.grain }} as (
    select distinct
        {{ period(block) }} as period,
        {%- for place in block.by %}
        {{ place }},
        {%- endfor %}
        customer_id
    from seen
),

-- a customer is one in each cell, however many touches
once_{{ block.grain }} as (
    select {{ cell(block) }}, customer_id
    from fine_{{ block.grain }}
    group by period, customer_id, {{ cells(block) }}
),
{%- endfor %}

counted as (
    {%- for block in blocks %}
    select period_grain, period, segment, account_id, count(*) as customers
    from once_{{ block.grain }}
    group by all
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * replace ({{ account_text('account_id') }} as account_id)
from counted
