-- One row per source and team: how many of its solved cases were asked for a rating, where enough agents work in it.
with solved as (
    {{ solved_cases() }}
),

teams as (
    select
        source,
        coalesce(team_ref, 'unknown') as team_ref,
        min(day) as period_start,
        max(day) as period_end,
        count(is_asked) as n,
        count(*) - count(is_asked) as n_unknown,
        count(*) filter (is_asked) as n_asked,
        -- of fewer agents the share would be that of people; a number of cases, which cases shows anyhow, is not
        count(distinct agent_ref) < greatest(3, {{ var('workforce_min_group') }}) as is_hidden
    from solved
    group by source, coalesce(team_ref, 'unknown')
),

shared as (
    select *, {{ wilson_share('share', 'n_asked', 'n') }}
    from teams
)

select
    source,
    team_ref,
    'asked of solved for {{ var("rating_wait_days") }} days' as method_version,
    period_start,
    period_end,
    n,
    n_unknown,
    {%- for end in ['', '_low', '_high'] %}
    case when not is_hidden then round(share{{ end }}, 4) end as share{{ end }},
    {%- endfor %}
    'Wilson' as interval_method,
    is_hidden
from shared
