{#-
    Makes a temporary table of a query, for the model that is being built.

    A few rows that large tables are joined with are made one before: of a CTE DuckDB guesses how many rows it
    will have, takes a few for many, and builds its hash table from the history instead.
-#}
{% macro temporary(name, query) -%}
    {%- do run_query('create or replace temporary table ' ~ name ~ ' as ' ~ query) -%}
{%- endmacro %}
