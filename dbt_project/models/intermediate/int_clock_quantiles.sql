-- One row per clock, quantile and published cell: minutes until that share of the waits had ended.
{#- Kaplan and Meier (1958) on whole minutes: a case that still waits counts as waiting at least so
    long, instead of not at all. Intervals are Brookmeyer and Crowley's, on the log-log scale. -#}
{%- set quantiles = {'median': 0.5, 'p90': 0.1} %}
{#- The log-log interval of a median has no upper end before six of seven have ended one by one. -#}
{%- set fewest = 7 %}
{{ config(materialized='table') }}
{%- set blocks = metric_cuts(clocks=true) %}
with waits as (
    select *, cast(began_at as date) as day from {{ ref('int_clock_waits') }}
),
{%- for block in blocks %}
{%- set spot = ['clock'] + block.by %}

dated_{{ loop.index }} as (
    select
        {{ spot | join(', ') }},
        {{ period(block) }} as period,
        minutes,
        min(day) as first_day,
        max(day) as last_day,
        count(*) as n,
        count(*) filter (is_over) as ended
    from waits
    group by all
),

-- a curve has a step for each minute: what cells a spot is part of is told once, not once a minute
spots_{{ loop.index }} as (
    select
        {{ spot | join(', ') }},
        period,
        row_number() over (order by clock, period) as spot_id,
        min(first_day) as first_day,
        max(last_day) as last_day,
        sum(n) as n,
        sum(ended) as ended
    from dated_{{ loop.index }}
    group by {{ spot | join(', ') }}, period
),

fine_{{ loop.index }} as (
    select
        spots.spot_id,
        dated.minutes,
        dated.n,
        dated.ended
    from dated_{{ loop.index }} as dated
    inner join spots_{{ loop.index }} as spots
        on dated.period = spots.period
        {%- for column in spot %}
        and dated.{{ column }} = spots.{{ column }}
        {%- endfor %}
),
{%- endfor %}

counted as (
    {%- for block in blocks %}
    select
        clock,
        {{ cell(block) }},
        min(first_day) as first_day,
        max(last_day) as last_day,
        sum(n) as n,
        sum(ended) as ended
    from spots_{{ loop.index }}
    group by clock, period, {{ cells(block) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

totals as (
    select *, row_number() over (order by clock) as cell_id from counted
),

-- most cells are too small to have an interval, and need no curve
large as (
    select * from totals where n >= {{ fewest }} and ended >= {{ fewest - 1 }}
),
{%- for block in blocks %}

held_{{ loop.index }} as (
    select clock, {{ cell(block) }}, spot_id
    from spots_{{ loop.index }}
    group by clock, period, spot_id, {{ cells(block) }}
),
{%- endfor %}

celled as (
    {%- for block in blocks %}
    select
        large.cell_id,
        large.n as of_cell,
        fine.minutes,
        sum(fine.n) as n,
        sum(fine.ended) as ended
    from held_{{ loop.index }} as held
    inner join large
        on held.clock = large.clock
        {%- for column in cell_columns() %}
        and held.{{ column }} = large.{{ column }}
        {%- endfor %}
    inner join fine_{{ loop.index }} as fine on held.spot_id = fine.spot_id
    group by large.cell_id, large.n, fine.minutes
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

at_risk as (
    select
        *,
        of_cell + n - sum(n) over (partition by cell_id order by minutes) as waiting
    from celled
),

-- after the last of a cell ended nobody waits any more; what was uncertain then cannot be told
survived as (
    select
        *,
        sum(case when ended < waiting then ln(1 - 1.0 * ended / waiting) else 0 end) over until_here
        as log_survival,
        sum(case when ended < waiting then 1.0 * ended / (1.0 * waiting * (waiting - ended)) else 0 end)
            over until_here as variance,
        ended > 0 and ended = waiting as is_last
    from at_risk
    window until_here as (partition by cell_id order by minutes)
),

bounded as (
    select
        *,
        case when is_last then 0.0 else exp(log_survival) end as survival,
        case when not is_last then exp(log_survival * exp({{ z() }} * sqrt(variance) / -log_survival)) end
        as survival_low,
        case when not is_last then exp(log_survival * exp(-{{ z() }} * sqrt(variance) / -log_survival)) end
        as survival_high
    from survived
    -- before the first of a cell ended nothing is known but that all waited
    where log_survival < 0 or is_last
),

reached as (
    {%- for quantile, share in quantiles.items() %}
    select
        cell_id,
        '{{ quantile }}' as quantile,
        -- exactly half is half, whatever the roots and logarithms made of its last digit
        min(minutes) filter (survival <= {{ share }} + 1e-9) as value,
        min(minutes) filter (survival_low <= {{ share }}) as interval_low,
        min(minutes) filter (survival_high <= {{ share }}) as interval_high
    from bounded
    group by cell_id
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    totals.clock,
    quantiles.quantile,
    {%- for column in cell_columns() %}
    {% if column == 'account_id' -%} {{ account_text('totals.account_id') }} as account_id {%- else -%} totals.{{ column }} {%- endif -%},
    {%- endfor %}
    totals.first_day,
    totals.last_day,
    totals.n,
    totals.ended,
    reached.value,
    reached.interval_low,
    reached.interval_high
from totals
cross join (
    {%- for quantile in quantiles %}
    select '{{ quantile }}' as quantile {{ 'union all' if not loop.last }}
    {%- endfor %}
) as quantiles
left join reached
    on totals.cell_id = reached.cell_id
    and quantiles.quantile = reached.quantile
