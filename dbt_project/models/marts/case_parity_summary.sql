-- One row per source, clock and hours of which a source states its own: how many of ours agree.
with parity as (
    select * from {{ ref('case_parity') }}
),

reasons as (
    select source, clock, hours, reason, count(*) as cases
    from parity
    where reason is not null
    group by source, clock, hours, reason
),

told as (
    select
        source,
        clock,
        hours,
        string_agg(reason || ' ' || cast(cases as varchar), ', ' order by cases desc, reason) as reasons
    from reasons
    group by source, clock, hours
),

counted as (
    select
        source,
        clock,
        hours,
        count(*) as cases,
        count(agrees) as compared,
        count(*) filter (agrees) as agreed,
        count(*) filter (our_minutes is null) as not_ours,
        count(*) filter (stated_minutes is null) as not_stated,
        median(abs(difference)) as difference_median
    from parity
    group by source, clock, hours
)

select
    counted.source,
    counted.clock,
    counted.hours,
    counted.cases,
    counted.compared,
    counted.agreed,
    {%- for side in (none, -1, 1) %}
    case when counted.compared > 0 then
        round({% if side is none -%}
            100.0 * counted.agreed / counted.compared
        {%- else -%}
            greatest(0.0, least(100.0, 100 * {{ wilson_bound(side, 'counted.compared', 'counted.agreed') }}))
        {%- endif %}, 4)
    end as match_rate{{ '' if side is none else '_low' if side < 0 else '_high' }},
    {%- endfor %}
    counted.not_ours,
    counted.not_stated,
    round(counted.difference_median, 4) as difference_median,
    told.reasons
from counted
left join told using (source, clock, hours)
