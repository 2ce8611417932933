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
    {{ return(adapter.dispatch('oldest')(age, record)) }}
{%- endmacro %}

{% macro oldest_age(oldest) -%}
    {{ return(adapter.dispatch('oldest_age')(oldest)) }}
{%- endmacro %}

{% macro oldest_record(oldest) -%}
    {{ return(adapter.dispatch('oldest_record')(oldest)) }}
{%- endmacro %}

{#- An id has 63 bits. Shifting is what 128-bit integers do fast: dividing them takes seventy times as long. -#}
{% macro duckdb__oldest(age, record) -%}
    (cast({{ age }} as hugeint) << 63) | {{ record }}
{%- endmacro %}

{% macro duckdb__oldest_age(oldest) -%}
    cast({{ oldest }} >> 63 as bigint)
{%- endmacro %}

{% macro duckdb__oldest_record(oldest) -%}
    cast({{ oldest }} & 9223372036854775807 as bigint)
{%- endmacro %}

{% macro default__oldest(age, record) -%}
    cast({{ age }} as decimal(38, 0)) * 10000000000000000000 + {{ record }}
{%- endmacro %}

{% macro default__oldest_age(oldest) -%}
    cast(floor({{ oldest }} / 10000000000000000000) as bigint)
{%- endmacro %}

{% macro default__oldest_record(oldest) -%}
    cast({{ oldest }} % 10000000000000000000 as bigint)
{%- endmacro %}
