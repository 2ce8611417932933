{#- The field of a JSON object, as text; null where it has none. -#}
{% macro json_field(column, name) -%}
    {{ return(adapter.dispatch('json_field')(column, name)) }}
{%- endmacro %}

{% macro default__json_field(column, name) -%} get_json_object({{ column }}, '$.' || {{ name }}) {%- endmacro %}

{% macro duckdb__json_field(column, name) -%} json_extract_string({{ column }}, '$."' || {{ name }} || '"') {%- endmacro %}

{#- One row per part of a text, without blanks around it; of parts that are nothing else there is none. -#}
{% macro each_part(text, separator) -%}
    {{ return(adapter.dispatch('each_part')(text, separator)) }}
{%- endmacro %}

{% macro default__each_part(text, separator) -%} explode(filter(transform(split({{ text }}, '\\{{ separator }}'), part -> trim(part)), part -> part <> '')) {%- endmacro %}

{% macro duckdb__each_part(text, separator) -%} unnest([trim(part) for part in string_split({{ text }}, '{{ separator }}') if trim(part) <> '']) {%- endmacro %}

{#- Whether a regular expression is found in a text, in upper or lower case. `pattern` is a constant: compiled once. -#}
{% macro finds(text, pattern) -%}
    {{ return(adapter.dispatch('finds')(text, pattern)) }}
{%- endmacro %}

{% macro default__finds(text, pattern) -%} {{ text }} rlike {{ dbt.string_literal('(?i)' ~ dbt.escape_single_quotes(pattern)) }} {%- endmacro %}

{% macro duckdb__finds(text, pattern) -%} regexp_matches({{ text }}, {{ dbt.string_literal('(?i)' ~ dbt.escape_single_quotes(pattern)) }}) {%- endmacro %}

{#- Whether a column holds regular expressions that can be compiled, alone and as a part of a longer one. -#}
{% macro compiles(pattern) -%}
    {{ return(adapter.dispatch('compiles')(pattern)) }}
{%- endmacro %}

{% macro default__compiles(pattern) -%} try(regexp_like('', '(?i)(?:' || {{ pattern }} || ')')) is not null {%- endmacro %}

{% macro duckdb__compiles(pattern) -%}
    (try(regexp_matches('', {{ pattern }})) is not null and try(regexp_matches('', '(?i)(?:' || {{ pattern }} || ')')) is not null)
{%- endmacro %}

{#- One row per word of a text, in lower case; masks, numbers and words of less than four letters are none. Their
    length has no upper end: a pattern that counts to thirty takes sixteen times as long. -#}
{% macro each_word(text) -%}
    {{ return(adapter.dispatch('each_word')(text)) }}
{%- endmacro %}

{% macro default__each_word(text) -%}
    explode(regexp_extract_all(regexp_replace(lower({{ text }}), '\\[[a-z]+\\]', ' '), '(\\p{L}{4,})'))
{%- endmacro %}

{% macro duckdb__each_word(text) -%}
    unnest(list_distinct(regexp_extract_all(regexp_replace(lower({{ text }}), '\[[a-z]+\]', ' ', 'g'), '\pL{4,}')))
{%- endmacro %}
