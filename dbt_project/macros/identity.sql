{#- The rule of a group that says most: what somebody declared, then what is an id, then addresses.
    The least of one text: min_by of a struct costs six times as much. -#}
{% macro strongest_rule(rule) -%}
    substr(min(case
        when {{ rule }} = 'declared the same' then '1'
        when {{ rule }} = 'merged by the source' then '2'
        when {{ rule }} = 'declared shared id' then '3'
        when {{ rule }} = 'same external' then '4'
        when {{ rule }} = 'same email' then '5'
        when {{ rule }} = 'same phone' then '6'
        else '7'
    end || {{ rule }}), 2)
{%- endmacro %}

{#- Number of a seed's row below its header. A seed is written in the order of its file, and a window
    without an order reads a table as it is written. -#}
{% macro seed_row() -%}
    {{ return(adapter.dispatch('seed_row')()) }}
{%- endmacro %}

{% macro duckdb__seed_row() -%}
    row_number() over ()
{%- endmacro %}

{% macro default__seed_row() -%}
    row_number() over (order by monotonically_increasing_id())
{%- endmacro %}
