-- One row per team (or all teams), pulse question and month; groups that would tell of one person show that they exist, no more.
with groups as (
    select * from {{ ref('int_pulse_groups') }}
),

teams as (
    select * from {{ ref('int_teams') }}
),

headcounts as (
    select source, team_ref, headcount from teams
    union all
    select source, 'all', sum(headcount) from teams group by source
),

quantiles as (
    select * from {{ ref('student_t') }}
),

-- customers meet employees at touchpoint and month, never person to person; what counts as satisfied is not
-- the same in two readings, so that of most answers speaks
customers as (
    select
        touchpoint,
        date_trunc('month', scored_at) as month,
        method_version,
        count(*) as n,
        count(*) filter (is_top_box) as hits,
        row_number() over (
            partition by touchpoint, date_trunc('month', scored_at) order by count(*) desc, method_version
        ) as place
    from {{ ref('scores') }}
    where metric = 'csat'
    group by touchpoint, date_trunc('month', scored_at), method_version
),

measured as (
    select
        groups.* exclude (mean),
        -- answers that nobody mapped are not held against a scale
        case when groups.metric <> 'mean' then {{ scale_end('groups.method_version', 1) }} end as scale_min,
        case when groups.metric <> 'mean' then {{ scale_end('groups.method_version', 2) }} end as scale_max,
        case when not groups.is_hidden then groups.respondents end as published_n,
        case
            when groups.metric = 'enps' then 100.0 * (promoters - detractors) / groups.respondents
            else groups.mean
        end as value,
        {% for side in (-1, 1) %}
        case
            when groups.metric = 'enps' then
                {{ nps_bound(side, 'groups.respondents', 'promoters', 'detractors', 'headcounts.headcount') }}
            else
                {{ mean_bound(
                    side,
                    'groups.mean',
                    t_half_width('groups.respondents', 'groups.deviation', 'quantiles.quantile'),
                    'scale_min' if side < 0 else 'scale_max'
                ) }}
        end as {{ 'low' if side < 0 else 'high' }},
        {% endfor %}
        teams.name,
        teams.parent_team_ref,
        teams.touchpoint
    from groups
    left join teams using (source, team_ref)
    left join headcounts using (source, team_ref)
    left join quantiles on groups.respondents - 1 = quantiles.df
)

select
    cast(measured.month as date) as month,
    measured.source,
    measured.team_ref,
    case when measured.is_total then 'All teams' else measured.name end as team,
    measured.parent_team_ref,
    measured.touchpoint,
    measured.question_id,
    measured.driver,
    measured.metric,
    measured.method_version,
    measured.published_n as n,
    case when not measured.is_hidden then round(measured.value, 4) end as value,
    case when not measured.is_hidden then round(measured.low, 4) end as interval_low,
    case when not measured.is_hidden then round(measured.high, 4) end as interval_high,
    case
        when measured.is_hidden then null
        when measured.metric = 'enps' then 'adjusted Wald'
        else {{ mean_method('measured.scale_min') }}
    end as interval_method,
    measured.is_hidden,
    customers.method_version as customer_csat_version,
    customers.n as customer_csat_n,
    round(100.0 * customers.hits / customers.n, 4) as customer_csat,
    round(100 * {{ wilson_bound(-1, 'customers.n', 'customers.hits') }}, 4) as customer_csat_low,
    round(100 * {{ wilson_bound(1, 'customers.n', 'customers.hits') }}, 4) as customer_csat_high
from measured
left join customers
    on measured.touchpoint = customers.touchpoint and measured.month = customers.month and customers.place = 1
