{#-
    A few rows of a large table: those for which one of some conditions holds.

    The conditions are asked of the columns that they name, and the other columns are read where a row was found:
    a text that is read for all rows to be joined away costs more than everything else.

    relation    a table, no view
    conditions  each a condition that is read from few columns, best `<column> in (<few values>)`
-#}
{% macro few_rows(relation, conditions, columns='*') -%}
    {{ return(adapter.dispatch('few_rows')(relation, conditions, columns)) }}
{%- endmacro %}

{% macro duckdb__few_rows(relation, conditions, columns) -%}
    select {{ columns }} from {{ relation }} where rowid in (
        {%- for condition in conditions %}
        select rowid from {{ relation }} where {{ condition }}
        {{ 'union' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}

{% macro default__few_rows(relation, conditions, columns) -%}
    select {{ columns }} from {{ relation }} where ({{ conditions | join(') or (') }})
{%- endmacro %}

{#-
    Makes temporary tables `few_<table>` of those rows of some tables whose records are in `records`, and returns
    their names by those of the tables. Tables, since of a CTE DuckDB guesses how many rows it will have.
-#}
{% macro few_records(tables, records) -%}
    {%- set few = {} -%}
    {%- for table in tables -%}
        {%- do temporary('few_' ~ table.identifier, few_rows(
            table, ['record_id in (select record_id from ' ~ records ~ ')']
        )) -%}
        {%- do few.update({table.identifier: 'few_' ~ table.identifier}) -%}
    {%- endfor -%}
    {{ return(few) }}
{%- endmacro %}
