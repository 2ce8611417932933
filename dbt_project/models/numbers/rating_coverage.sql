-- One row per source and agent: how many of their solved cases were asked for a rating, and which.
{#- A table of employees, one by one: in the warehouse only. What is published is team_rating_coverage. #}
with solved as (
    {{ solved_cases() }}
),

agents as (
    select
        source,
        agent_ref,
        min(day) as period_start,
        max(day) as period_end,
        count(is_asked) as n,
        count(*) - count(is_asked) as n_unknown,
        count(*) filter (is_asked) as n_asked,
        count(*) filter (is_asked is not null and is_easy) as n_easy,
        count(*) filter (is_asked and is_easy) as n_easy_asked,
        count(*) filter (is_asked is not null and not is_easy) as n_hard,
        count(*) filter (is_asked and not is_easy) as n_hard_asked
    from solved
    group by source, agent_ref
),

compared as (
    select
        *,
        sum(n) over (partition by source) - n as n_others,
        sum(n_asked) over (partition by source) - n_asked as n_others_asked
    from agents
),

shared as (
    select
        *,
        {{ wilson_share('share', 'n_asked', 'n') }},
        {{ wilson_share('easy_share', 'n_easy_asked', 'n_easy') }},
        {{ wilson_share('hard_share', 'n_hard_asked', 'n_hard') }},
        {{ wilson_share('others_share', 'n_others_asked', 'n_others') }}
    from compared
),

differed as (
    select
        *,
        {{ shares_difference('difference', 'share', 'others_share') }},
        {{ shares_difference('easy_difference', 'easy_share', 'hard_share') }}
    from shared
),

chances as (
    select *, {{ chance_of('difference', 'difference_low', 'difference_high') }} as chance
    from differed
),

-- among many agents somebody always asks least: Benjamini and Hochberg, as in metrics
ranked as (
    select
        *,
        row_number() over (partition by source order by chance nulls last, agent_ref) as place,
        count(chance) over (partition by source) as looked_at
    from chances
),

judged as (
    select
        *,
        coalesce(max(place) filter (chance <= 0.05 * place / looked_at) over (partition by source), 0) as last_place
    from ranked
)

select
    source,
    agent_ref,
    'asked of solved for {{ var("rating_wait_days") }} days' as method_version,
    period_start,
    period_end,
    n,
    n_unknown,
    n_asked,
    {%- for name in ['share', 'others_share', 'difference', 'easy_share', 'hard_share', 'easy_difference'] %}
    {%- for end in ['', '_low', '_high'] %}
    round({{ name }}{{ end }}, 4) as {{ name }}{{ end }},
    {%- endfor %}
    {%- endfor %}
    n_others,
    n_easy,
    n_hard,
    looked_at,
    case when chance is not null then difference < 0 and place <= last_place end as is_selective
from judged
