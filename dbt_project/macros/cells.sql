{#-
    Every combination of month or all time with each place or all places, in one pass.

    `cell` names the columns of a cell, `cells` the grouping. A total reads 'all', its month is null.
-#}
{% macro cell(places) -%}
    case when grouping(month) = 1 then 'all' else 'month' end as period_grain,
    month
    {%- for place in places %},
    case when grouping({{ place }}) = 1 then 'all' else {{ place }} end as {{ place }}
    {%- endfor %}
{%- endmacro %}

{% macro cells(places) -%}
    cube(month, {{ places | join(', ') }})
{%- endmacro %}
