{#-
    Whether nearly all journeys that began in a month are over. While more are open, those that are over are the quick
    ones, and a share of them is the share of nobody: who fails does so on any day, who renews at the end.
-#}
{% macro is_settled() -%} (open <= 1 or 50 * open <= entered) {%- endmacro %}

{#- Months, as journey, month and is_settled: what paths and drop-offs count their shares of. -#}
{% macro settled_months() -%}
    select journey, period_start as month, is_settled
    from {{ ref('journey_funnels') }}
    where period_grain = 'month'
{%- endmacro %}

{#-
    Why a kind of journey has no share of what can become of it; null where it has.
    over: how many of them are over; settled: whether nearly all that began are.
-#}
{% macro no_share(over, settled='true') -%}
    case
        when not has_goal and not has_failure then 'no_goal'
        when not {{ settled }} then 'unsettled'
        when {{ over }} < {{ var('journey_min_n') }} then 'too_few'
    end
{%- endmacro %}

{#-
    A share in per cent with its Wilson interval, as columns name, name_low and name_high: null where
    fewer than `journey_min_n` stand behind it, so that no chance is read as a number, or where
    the kind of journey cannot come to that (possible: a condition).
-#}
{% macro share(name, hits, n, possible='true') -%}
    {%- set enough = possible ~ ' and ' ~ n ~ ' >= ' ~ var('journey_min_n') -%}
    case when {{ enough }} then round(100.0 * {{ hits }} / {{ n }}, 4) end as {{ name }},
    {%- for side in (-1, 1) %}
    case when {{ enough }} then
        -- at no hits or nothing but hits the bound is 0 or 100, whatever rounding makes of it
        round(greatest(0.0, least(100.0, 100 * {{ wilson_bound(side, n, hits) }})), 4)
    end as {{ name }}_{{ 'low' if side < 0 else 'high' }}{{ ',' if side < 0 }}
    {%- endfor %}
{%- endmacro %}
