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
