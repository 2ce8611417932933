{#- The field of a JSON object, as text; null where it has none. -#}
{% macro json_field(column, name) -%}
    {{ return(adapter.dispatch('json_field')(column, name)) }}
{%- endmacro %}

{% macro default__json_field(column, name) -%} get_json_object({{ column }}, '$.' || {{ name }}) {%- endmacro %}

{% macro duckdb__json_field(column, name) -%} json_extract_string({{ column }}, '$."' || {{ name }} || '"') {%- endmacro %}

{#- One row per part of a text. -#}
{% macro each_part(text, separator) -%}
    {{ return(adapter.dispatch('each_part')(text, separator)) }}
{%- endmacro %}

{% macro default__each_part(text, separator) -%} explode(split({{ text }}, '\\{{ separator }}')) {%- endmacro %}

{% macro duckdb__each_part(text, separator) -%} unnest(string_split({{ text }}, '{{ separator }}')) {%- endmacro %}
