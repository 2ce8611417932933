{#-
    Incremental strategy `changes`: the model returns only what is new, different or gone.

    A row with a row_hash replaces the row of its key; a row without one only deletes it. So rows
    that a tombstone, a split or a new mapping took away leave the table, which plain delete+insert
    cannot do, and what nothing touched is never written again.
-#}
{% macro get_incremental_changes_sql(args) -%}
    {%- set columns = args['dest_columns'] | map(attribute='name') | join(', ') %}
    delete from {{ args['target_relation'] }}
    where {{ args['unique_key'] }} in (select {{ args['unique_key'] }} from {{ args['temp_relation'] }});

    insert into {{ args['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ args['temp_relation'] }} where row_hash is not null
{%- endmacro %}

{#-
    The last select of a model with strategy `changes`.

    cte      name of the CTE with the whole wanted content, without row_hash
    key      its unique key, one column
    columns  its columns in the order of the contract, without row_hash
    among    a table of those rows that alone can have changed, by its column of the name `by`; none is all of them
-#}
{% macro changes(cte, key, columns, among=none, by=key) -%}
    {%- set those = 'where ' ~ by ~ ' in (select ' ~ by ~ ' from ' ~ among ~ ')' if among else '' %}
    {%- if not is_incremental() %}
    select {{ columns | join(', ') }}, {{ row_hash(columns) }} as row_hash
    from {{ cte }}
    {%- else %}
    -- one pass over both: a row of only one side, or of another content
    select
        {%- for column in columns %}
        {{ 'coalesce(wanted.' ~ column ~ ', held.' ~ column ~ ')' if column == key else 'wanted.' ~ column }} as {{ column }},
        {%- endfor %}
        wanted.row_hash
    from (select {{ columns | join(', ') }}, {{ row_hash(columns) }} as row_hash from {{ cte }} {{ those }}) as wanted
    full join (select {{ key }}, row_hash from {{ this }} {{ those }}) as held on wanted.{{ key }} = held.{{ key }}
    where wanted.row_hash is distinct from held.row_hash
    {%- endif %}
{%- endmacro %}

{#- Columns of a row that only deletes what is held under its key, in the order of `columns`. -#}
{% macro only_deletes(key, columns) -%}
    {%- for column in columns %}
    {{ key if column == key else 'null' }} as {{ column }},
    {%- endfor %}
    null as row_hash
{%- endmacro %}

{#- Fingerprint of a row's values, nulls told from empty text. -#}
{% macro row_hash(columns) -%}
    {{ return(adapter.dispatch('row_hash')(columns)) }}
{%- endmacro %}

{% macro default__row_hash(columns) -%}
    xxhash64({{ columns | join(', ') }})
{%- endmacro %}

{#- hash() is three times as fast as md5; should a new DuckDB hash differently, rows are rewritten once -#}
{% macro duckdb__row_hash(columns) -%}
    cast(hash({{ columns | join(', ') }}) >> 1 as bigint)
{%- endmacro %}
