{#-
    An incremental model in DuckDB: what is new goes into a temporary table and from there, by the model's
    strategy, into what is held.

    Differs from dbt-duckdb's in that columns are asked for once: it asks four times, of a database whose
    types have no lengths to be widened. A column that the model got since is added, as `append_new_columns`
    says; that is the only change of columns which this project allows.
-#}
{% materialization incremental, adapter='duckdb' -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set made = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks, inside_transaction=false) }}
    {{ run_hooks(pre_hooks, inside_transaction=true) }}
    {%- if existing is none or existing.is_view or should_full_refresh() -%}
        {%- do make_anew(made, create_table_as(false, made, compiled_code)) -%}
    {%- else -%}
        {%- set told = make_temp_relation(made) -%}
        {%- do run_query(create_table_as(true, told, compiled_code)) -%}
        {%- set names = column_names(told) -%}
        {%- if names | reject('in', column_names(made)) | list -%}
            {%- do process_schema_changes('append_new_columns', told, made) -%}
        {%- endif -%}
        {%- set strategy = adapter.get_incremental_strategy_macro(context, config.get('incremental_strategy')) -%}
        {%- set columns = [] -%}
        {%- for name in names -%}{%- do columns.append({'name': name}) -%}{%- endfor -%}
        {%- call statement('main') -%}
            {{ strategy({
                'target_relation': made,
                'temp_relation': told,
                'unique_key': config.get('unique_key'),
                'dest_columns': columns,
                'incremental_predicates': none,
            }) }}
        {%- endcall -%}
    {%- endif -%}
    {%- do persist_docs(made, model) -%}
    {{ run_hooks(post_hooks, inside_transaction=true) }}
    {%- do adapter.commit() -%}
    {{ run_hooks(post_hooks, inside_transaction=false) }}
    {{ return({'relations': [made]}) }}
{%- endmaterialization %}

{#- The names of a relation's columns, in their order. -#}
{% macro column_names(relation) -%}
    {#- not by get_columns_in_relation, which takes longer, and begins a transaction that dbt rolls back after its hooks #}
    {{ return(run_query('select * from ' ~ relation ~ ' where 1 = 0').column_names) }}
{%- endmacro %}
