{#-
    How a CTE is introduced whose rows are to be there before anything is asked of them: `with x {{ made_once() }} (`.

    What is computed over a union runs in each of its branches otherwise, and DuckDB compiles every pattern in
    each of them: for `redact` that is 0.1 s a branch, whether or not it has rows.
-#}
{% macro made_once() -%}
    {{ return(adapter.dispatch('made_once')()) }}
{%- endmacro %}

{% macro default__made_once() -%}
    as
{%- endmacro %}

{% macro duckdb__made_once() -%}
    as materialized
{%- endmacro %}
