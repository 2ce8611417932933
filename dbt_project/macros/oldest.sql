{#-
    The oldest of many records by (load, record), as the least of one number: the least of a struct costs six
    times as much. Loads are numbered in order, among those of `relation`, by the CTE `loads`.
-#}
{% macro numbered_loads(relation, load_id) -%}
loads as (
    select load_id, row_number() over (order by load_id) as age
    from (select distinct {{ load_id }} as load_id from {{ relation }}) as known
),
{%- endmacro %}

{% macro oldest(age, record) -%}
    cast({{ age }} as decimal(38, 0)) * 10000000000000000000 + {{ record }}
{%- endmacro %}

{% macro oldest_age(oldest) -%}
    cast(floor({{ oldest }} / 10000000000000000000) as bigint)
{%- endmacro %}

{% macro oldest_record(oldest) -%}
    cast({{ oldest }} % 10000000000000000000 as bigint)
{%- endmacro %}
