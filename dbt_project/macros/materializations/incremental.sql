{#-
    An incremental model in DuckDB: what is new goes into a temporary table and from there, by the model's
    strategy, into what is held.

    Differs from dbt-duckdb's in that the names of columns are asked for once: it asks four times for all of
    them, of a database whose types have no lengths to be widened. Where names differ, dbt does what
    `on_schema_change` says; a change of type alone is left to the insert, which casts or fails.
-#}
{% materialization incremental, adapter='duckdb' -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set made = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks, inside_transaction=false) }}
    {{ run_hooks(pre_hooks, inside_transaction=true) }}
    {%- if existing is none or existing.is_view or should_full_refresh() -%}
        {%- if config.get('feed') -%} {%- do end_feed() -%} {%- endif -%}
        {%- call made_in_slices(made) -%}
            {%- do make_anew(made, create_table_as(false, made, compiled_code)) -%}
        {%- endcall -%}
    {%- else -%}
        {%- set told = make_temp_relation(made) -%}
        {%- call made_in_slices(told) -%}
            {%- do run_query(create_table_as(true, told, compiled_code)) -%}
        {%- endcall -%}
        {%- set names, columns = column_names(told), [] -%}
        {%- if names | sort != column_names(made) | sort -%}
            {%- set change = incremental_validate_on_schema_change(config.get('on_schema_change')) -%}
            {%- do columns.extend(
                process_schema_changes(change, told, made) or adapter.get_columns_in_relation(made)
            ) -%}
        {%- else -%}
            {%- for name in names -%}{%- do columns.append({'name': name}) -%}{%- endfor -%}
        {%- endif -%}
        {%- if config.get('feed') -%} {%- do continue_feed(made, told) -%} {%- endif -%}
        {%- set strategy = adapter.get_incremental_strategy_macro(context, config.get('incremental_strategy')) -%}
        {%- call statement('main') -%}
            {{ strategy({
                'target_relation': made,
                'temp_relation': told,
                'unique_key': config.get('unique_key'),
                'dest_columns': columns,
                'incremental_predicates': config.get('incremental_predicates'),
            }) }}
        {%- endcall -%}
    {%- endif -%}
    {%- set relations = finished(made) -%}
    {%- if config.get('feed') -%} {%- do begin_feed(made) -%} {%- endif -%}
    {%- if config.get('reads_feeds') -%} {%- do note_feeds_read() -%} {%- endif -%}
    {{ return(relations) }}
{%- endmaterialization %}

{#- The names of a relation's columns, in their order. -#}
{% macro column_names(relation) -%}
    {#- not by get_columns_in_relation, which takes longer, and begins a transaction that dbt rolls back after its hooks #}
    {{ return(run_query('select * from ' ~ relation ~ ' where 1 = 0').column_names) }}
{%- endmacro %}
