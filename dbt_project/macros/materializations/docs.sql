{#-
    Comments on the columns of a relation. dbt-duckdb asks the table for its columns before, in case the yml
    tells of others: here only models with an enforced contract are commented, whose columns are those.
-#}
{% macro duckdb__alter_column_comment(relation, column_dict) -%}
    {%- for column in column_dict.values() %}
    comment on column {{ relation }}.{{ adapter.quote(column['name']) }} is {{ duckdb_escape_comment(column['description']) }};
    {%- endfor %}
{%- endmacro %}
