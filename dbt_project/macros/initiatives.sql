{#- What an initiative can be judged by: whose values higher are better, and whose are not. -#}
{% macro initiative_metrics(tagged=false) -%}
    {%- set scores = ['nps', 'csat', 'ces', 'rating'] -%}
    {{ return(scores if tagged else scores + [
        'rating_top_box', 'response_rate', 'fcr', 'one_touch_rate', 'reopen_rate', 'contact_rate'
    ]) }}
{%- endmacro %}

{#- 1 where a higher value is better, -1 where a lower one is. -#}
{% macro better_direction(metric) -%}
    case when {{ metric }} in ('reopen_rate', 'contact_rate') then -1 else 1 end
{%- endmacro %}

{#- Whether a value is in a list told with | between its parts; an empty list holds everything, nobody knows of null. -#}
{% macro is_listed(value, list) -%}
    case
        when {{ list }} is null then true
        when {{ value }} is not null then '|' || lower({{ list }}) || '|' like '%|' || lower({{ value }}) || '|%'
    end
{%- endmacro %}

{#- An end of what a metric's values can be: side -1 the lowest, 1 the highest; null where there is none. -#}
{% macro value_end(side, metric, method_version) -%}
    case
        when {{ metric }} = 'nps' then {{ side }} * 100.0
        when {{ metric }} in ('ces', 'rating') then {{ scale_end(method_version, 1 if side < 0 else 2) }}
        when {{ metric }} <> 'contact_rate' then {{ 0.0 if side < 0 else 100.0 }}
        {{ 'else 0.0' if side < 0 }}
    end
{%- endmacro %}

{#- What an answer counts as, in points of its metric: what `metric_values` multiplies sums by. -#}
{% macro points(statistic) -%}
    case {{ statistic }} when 'mean' then 1.0 else 100.0 end
{%- endmacro %}
