-- One row per metric, part, method version and published cell: the sums that its value and interval are made of.
{#- Kept by what changed: see `moved_answers`. A cell that lost its last observation stays, with n = 0, so that
    what was counted stays known. -#}
{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='cell_id') }}
{%- set sums = ['n', 'total', 'squares', 'customers', 'customer_squares', 'customer_products', 'customer_counts'] %}
{#- Elsewhere the period says which days; there are no edges to keep. -#}
{%- set whole = [] %}
{%- for block in metric_cuts() if block.grain == 'all' %}{% do whole.append(block) %}{% endfor %}
with {{ moved_answers('coalesce(answers.customer_id, answers.record_id)') }}

readings as (
    select distinct reading_id, metric, part, method_version, statistic from answers
),

neighbours as (
    select
        *,
        lag(day) over (partition by sign, reading_id, customer_id order by day) as day_before,
        lead(day) over (partition by sign, reading_id, customer_id order by day) as day_after
    from answers
),

-- whoever is observed once in a period is once in each of its cells
repeated as (
    select
        *
        {%- for grain in metric_grains() %}
        {%- set block = {'grain': grain} %},
        customer_id is not null and (
            {%- if grain == 'all' %}
            day_before is not null or day_after is not null
            {%- else %}
            coalesce({{ period(block, 'day_before') }} = {{ period(block) }}, false)
            or coalesce({{ period(block, 'day_after') }} = {{ period(block) }}, false)
            {%- endif %}
        ) as repeats_in_{{ grain }}
        {%- endfor %}
    from neighbours
),
{%- for block in metric_cuts() %}

-- millions of answers are summed within the finest cells first, and those into all others. Whoever answers
-- more than once in a period stays apart: they are one customer in each cell, and cannot be added up
fine_{{ loop.index }} as (
    select
        sign,
        reading_id,
        {%- for place in block.by %}
        {{ place }},
        {%- endfor %}
        {{ period(block) }} as period,
        case when repeats_in_{{ block.grain }} then customer_id end as customer_id,
        min(day) as first_day,
        max(day) as last_day,
        count(*) as n,
        sum(x) as total,
        sum(x * x) as squares
    from repeated
    group by all
),

celled_{{ loop.index }} as (
    select
        sign,
        reading_id,
        {{ cell(block) }},
        customer_id,
        min(first_day) as first_day,
        max(last_day) as last_day,
        sum(n) as n,
        sum(total) as total,
        sum(squares) as squares
    from fine_{{ loop.index }}
    group by sign, reading_id, period, customer_id, {{ cells(block) }}
),
{%- endfor %}

-- of each customer the sum of answers, squared, and times their number: what a clustered variance needs
summed as (
    {%- for block in metric_cuts() %}
    select
        reading_id,
        {{ cell_columns() | join(', ') }},
        min(first_day) filter (sign = 1) as first_day,
        max(last_day) filter (sign = 1) as last_day,
        min(first_day) filter (sign = -1) as first_day_before,
        max(last_day) filter (sign = -1) as last_day_before,
        sum(sign * n) as n,
        sum(sign * total) as total,
        sum(sign * squares) as squares,
        sum(sign * case when customer_id is null then n else 1 end) as customers,
        sum(sign * case when customer_id is null then squares else total * total end) as customer_squares,
        sum(sign * case when customer_id is null then total else n * total end) as customer_products,
        sum(sign * case when customer_id is null then n else n * n end) as customer_counts
    from celled_{{ loop.index }}
    group by reading_id, {{ cell_columns() | join(', ') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

named as (
    select *, {{ hash_id(['reading_id'] + cell_id_parts()) }} as cell_id
    from summed
),
{%- if is_incremental() %}

-- what a cell without observations was made of is past
held as (
    select * from {{ this }} where n > 0
),

added as (
    select
        named.* replace (
            {%- for sum in sums %}
            coalesce(held.{{ sum }}, 0) + named.{{ sum }} as {{ sum }},
            {%- endfor %}
            least(held.first_day, named.first_day) as first_day,
            greatest(held.last_day, named.last_day) as last_day
        ),
        named.first_day_before <= held.first_day and coalesce(named.first_day > held.first_day, true)
        or named.last_day_before >= held.last_day and coalesce(named.last_day < held.last_day, true) as is_cut
    from named
    left join held on named.cell_id = held.cell_id
),

cut as (
    select cell_id, reading_id from added where is_cut and period_grain = 'all' and n > 0
),
{%- for block in whole %}

days_{{ loop.index }} as (
    select
        reading_id,
        {%- for place in block.by %}
        {{ place }},
        {%- endfor %}
        {{ period(block) }} as period,
        min(day) as first_day,
        max(day) as last_day
    from {{ ref('metric_observations') }}
    where until is null and reading_id in (select reading_id from cut)
    group by all
),
{%- endfor %}

-- what lost its first or last day has another one, which only all of its observations tell
edges as (
    {%- for block in whole %}
    select
        reading_id,
        {{ cell(block) }},
        min(first_day) as first_day,
        max(last_day) as last_day
    from days_{{ loop.index }}
    group by reading_id, period, {{ cells(block) }}
    {{ 'union all' if not loop.last }}
    {%- else %}
    select reading_id, {{ cell_columns() | join(', ') }}, first_day, last_day from summed where false
    {%- endfor %}
),

named_edges as (
    select {{ hash_id(['reading_id'] + cell_id_parts()) }} as cell_id, first_day, last_day
    from edges
),

edged as (
    select added.* replace (
        coalesce(named_edges.first_day, added.first_day) as first_day,
        coalesce(named_edges.last_day, added.last_day) as last_day
    )
    from added
    left join cut on added.cell_id = cut.cell_id
    left join named_edges on cut.cell_id = named_edges.cell_id
),
{%- else %}

edged as (
    select * from named
),
{%- endif %}

told as (
    select
        edged.cell_id,
        readings.metric,
        readings.part,
        readings.method_version,
        readings.statistic,
        edged.reading_id,
        {%- for column in cell_columns() | reject('equalto', 'account_id') %}
        edged.{{ column }},
        {%- endfor %}
        {{ account_text('edged.account_id') }} as account_id,
        case when edged.period_grain = 'all' then edged.first_day end as first_day,
        case when edged.period_grain = 'all' then edged.last_day end as last_day,
        {%- for sum in sums %}
        cast(edged.{{ sum }} as double) as {{ sum }},
        {%- endfor %}
        build.number as build
    from edged
    inner join readings on edged.reading_id = readings.reading_id
    cross join build
)

select * from told
