{#-
    Cases that were solved long enough ago for a request to have gone out: who had them, whether their
    customers were asked, and whether they went well for the customer, so far as clocks can tell: solved
    no slower than half of the source's cases, and never reopened.
-#}
{% macro solved_cases() -%}
    select
        cases.case_id,
        cases.source,
        requests.agent_ref,
        requests.team_ref,
        cast(cases.resolved_at as date) as day,
        requests.is_asked,
        not cases.is_reopened
        and cases.resolution_minutes <= median(cases.resolution_minutes) over (partition by cases.source) as is_easy
    from {{ ref('cases') }} as cases
    inner join {{ ref('int_rating_requests') }} as requests on cases.case_id = requests.record_id
    inner join (select source, max(resolved_at) as last_at from {{ ref('cases') }} group by source) as newest
        on cases.source = newest.source
    where cases.resolved_at <= newest.last_at - interval {{ var('rating_wait_days') }} day
        and cases.status in ('solved', 'closed')
        and not cases.is_merged
        and not coalesce(cases.is_agent_created, false)
{%- endmacro %}

{#- A share in per cent and both ends of its Wilson interval; null of nothing. -#}
{% macro wilson_share(name, hits, n) -%}
    100.0 * {{ hits }} / nullif({{ n }}, 0) as {{ name }},
    {%- for side in (-1, 1) %}
    greatest(0.0, least(100.0, 100 * {{ wilson_bound(side, 'nullif(' ~ n ~ ', 0)', hits) }}))
    as {{ name }}_{{ 'low' if side < 0 else 'high' }}{{ ',' if side < 0 }}
    {%- endfor %}
{%- endmacro %}

{#- Difference of two shares (Newcombe's hybrid of Wilson intervals); of columns name, name_low, name_high. -#}
{% macro shares_difference(name, one, other) -%}
    {{ one }} - {{ other }} as {{ name }},
    {{ one }} - {{ other }} - sqrt(pow({{ one }} - {{ one }}_low, 2) + pow({{ other }}_high - {{ other }}, 2)) as {{ name }}_low,
    {{ one }} - {{ other }} + sqrt(pow({{ one }}_high - {{ one }}, 2) + pow({{ other }} - {{ other }}_low, 2)) as {{ name }}_high
{%- endmacro %}
