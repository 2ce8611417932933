{#- A view that DuckDB makes anew under its own name, see table.sql. -#}
{% materialization view, adapter='duckdb' -%}
    {%- set made = this.incorporate(type='view') -%}
    {{ run_hooks(pre_hooks, inside_transaction=false) }}
    {{ run_hooks(pre_hooks, inside_transaction=true) }}
    {%- do make_anew(made, get_create_view_as_sql(made, compiled_code)) -%}
    {{ return(finished(made)) }}
{%- endmaterialization %}
