{#-
    A table that DuckDB makes anew under its own name.

    dbt-duckdb makes it under another name, renames the old one, renames the new one and drops the old one:
    what databases need that cannot change a table in a transaction. DuckDB can, and each of those
    statements costs dbt more than DuckDB: they were a sixth of a build of few rows.
-#}
{% materialization table, adapter='duckdb' -%}
    {%- set made = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks, inside_transaction=false) }}
    {{ run_hooks(pre_hooks, inside_transaction=true) }}
    {%- do make_anew(made, create_table_as(false, made, compiled_code)) -%}
    {{ return(finished(made)) }}
{%- endmaterialization %}

{#- Runs the statement that creates a relation, after it has dropped the relation of that name: both or neither. -#}
{% macro make_anew(made, creation) -%}
    {%- set existing = load_cached_relation(made) -%}
    {%- call statement('main') -%}
        {%- if existing is not none %}
        drop {{ existing.type }} {{ existing }};
        {%- endif %}
        {{ creation }}
    {%- endcall -%}
{%- endmacro %}

{#- How every materialization ends: with what is told of the relation, the hooks, and the commit between them. -#}
{% macro finished(made) -%}
    {%- do persist_docs(made, model) -%}
    {{ run_hooks(post_hooks, inside_transaction=true) }}
    {%- do adapter.commit() -%}
    {{ run_hooks(post_hooks, inside_transaction=false) }}
    {{ return({'relations': [made]}) }}
{%- endmacro %}
