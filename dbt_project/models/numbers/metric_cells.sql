-- One row per metric, part, method version and published cell: the sums that its value and interval are made of.
with answers as (
    select * from {{ ref('metric_answers') }}
),

readings as (
    select distinct reading_id, metric, part, method_version, statistic from answers
),
{%- for block in metric_cuts() %}

-- millions of answers are summed within the finest cells first, and those into all others. Whoever answers
-- more than once in a period stays apart: they are one customer in each cell, and cannot be added up
fine_{{ loop.index }} as (
    select
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
    from answers
    group by all
),

celled_{{ loop.index }} as (
    select
        reading_id,
        {{ cell(block) }},
        customer_id,
        min(first_day) as first_day,
        max(last_day) as last_day,
        sum(n) as n,
        sum(total) as total,
        sum(squares) as squares
    from fine_{{ loop.index }}
    group by reading_id, period, customer_id, {{ cells(block) }}
),
{%- endfor %}

-- of each customer the sum of answers, squared, and times their number: what a clustered variance needs
summed as (
    {%- for block in metric_cuts() %}
    select
        reading_id,
        {{ cell_columns() | join(', ') }},
        min(first_day) as first_day,
        max(last_day) as last_day,
        sum(n) as n,
        sum(total) as total,
        sum(squares) as squares,
        sum(case when customer_id is null then n else 1 end) as customers,
        sum(case when customer_id is null then squares else total * total end) as customer_squares,
        sum(case when customer_id is null then total else n * total end) as customer_products,
        sum(case when customer_id is null then n else n * n end) as customer_counts
    from celled_{{ loop.index }}
    group by all
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    readings.metric,
    readings.part,
    readings.method_version,
    readings.statistic,
    summed.* exclude (reading_id) replace (
        {{ account_text('summed.account_id') }} as account_id,
        {%- for sum in [
            'n', 'total', 'squares', 'customers', 'customer_squares', 'customer_products', 'customer_counts'
        ] %}
        cast(summed.{{ sum }} as double) as {{ sum }}{{ ',' if not loop.last }}
        {%- endfor %}
    )
from summed
inner join readings on summed.reading_id = readings.reading_id
