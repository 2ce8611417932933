{#-
    Every combination of month or all time with each place or all places, in one pass.

    `cell` names the columns of a cell, `cells` the grouping. A total reads 'all', its month is null.
-#}
{% macro cell(time, places) -%}
    case when grouping(date_trunc('month', {{ time }})) = 1 then 'all' else 'month' end as period_grain,
    cast(date_trunc('month', {{ time }}) as date) as month
    {%- for place in places %},
    case when grouping({{ place }}) = 1 then 'all' else {{ place }} end as {{ place }}
    {%- endfor %}
{%- endmacro %}

{% macro cells(time, places) -%}
    cube(date_trunc('month', {{ time }}), {{ places | join(', ') }})
{%- endmacro %}
