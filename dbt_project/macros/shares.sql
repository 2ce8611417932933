{#-
    Why a kind of journey has no share of what can become of it; null where it has.
    over: how many of them are over.
-#}
{% macro no_share(over) -%}
    case
        when not has_goal and not has_failure then 'no_goal'
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
