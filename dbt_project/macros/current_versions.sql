{#-
    The current version of each record of an append-only raw table, tombstones included.

    relation  the raw table
    key       its key columns, `source` first
    cursor    the column that tells a newer version from an older one; among equals, and where it
              is null, the later load wins, and within a load the later row
    name      name of the family table: part of record_id, so that ids of two tables never meet

    Returns the raw columns plus
      record_id       63-bit id of the record
      _seen_at        when the record was last heard of, in whatever version: what an increment
                      has to look past, even if an old version arrived late and lost
      _first_load_id  load package that first spoke of it: its age, the same after a rebuild

    Winners are found on narrow columns and fetched by row id: sorting or grouping whole rows
    costs 15 to 40 plain scans. An increment does the same for the keys that were heard of since; its
    winners are a temporary table, so that they are looked up in the raw table, and not it in them.
-#}
{% macro current_versions(relation, name, key, cursor) -%}
    {{ return(adapter.dispatch('current_versions')(relation, name, key, cursor)) }}
{%- endmacro %}

{% macro duckdb__current_versions(relation, name, key, cursor) -%}
    {%- set winners = '(' ~ current_winners(relation, name, key, cursor) ~ ')' -%}
    {%- if is_incremental() -%}
        {%- do temporary('current_winners', winners) -%}
        {%- set winners = 'current_winners' -%}
    {%- endif -%}
    select
        versions.*,
        winners.record_id,
        winners._seen_at,
        winners._first_load_id
    from {{ relation }} as versions
    inner join {{ winners }} as winners on versions.rowid = winners.winner
{%- endmacro %}

{#- Engines without a row id: the loader's time and the load make a version, ties by content. -#}
{% macro default__current_versions(relation, name, key, cursor) -%}
    select
        versions.*,
        {{ hash_id(["'" ~ name ~ "'"] + key) }} as record_id,
        max(_loaded_at) over (partition by {{ key | join(', ') }}) as _seen_at,
        min(_load_id) over (partition by {{ key | join(', ') }}) as _first_load_id
    from {{ relation }} as versions
    {{ of_touched_keys(relation, key) }}
    qualify row_number() over (
        partition by {{ key | join(', ') }} order by {{ cursor }} desc nulls last, _load_id desc
    ) = 1
{%- endmacro %}

{#-
    Time, load and place of a version in one number, of which the greatest is found: 64 bits, 23 and 40 (8 million loads
    of a table, a million million rows). What is compared as a struct takes half as long again and twice the memory, none of
    which DuckDB can spill.
-#}
{% macro current_winners(relation, name, key, cursor) -%}
    {%- set place = 'place' if is_incremental() else 'rowid' %}
    {%- set versions = 'touched' if is_incremental() else relation %}
    with
    {%- if is_incremental() %}
    -- first, so that all else looks at few
    touched {{ made_once() }} (
        select {{ (key + [cursor]) | unique | join(', ') }}, _load_id, _loaded_at, rowid as place
        from {{ relation }} as versions
        {{ of_touched_keys(relation, key) }}
    ),
    {%- endif %}
    {{ numbered_loads(versions, '_load_id') }}

    newest as (
        select
            {{ hash_id(["'" ~ name ~ "'"] + key) }} as record_id,
            max(
                cast(epoch_us(coalesce(versions.{{ cursor }}, timestamp '0001-01-01')) as hugeint) * 18446744073709551616
                + ((cast(loads.age as hugeint) << 40) | versions.{{ place }})
            ) as version,
            max(versions._loaded_at) as _seen_at,
            min(versions._load_id) as _first_load_id
        from {{ versions }} as versions
        inner join loads on versions._load_id = loads.load_id
        group by 1
    )

    select record_id, cast(version & 1099511627775 as bigint) as winner, _seen_at, _first_load_id
    from newest
{%- endmacro %}

{% macro of_touched_keys(relation, key) -%}
    {%- if is_incremental() %}
    where exists (
        select 1
        from {{ relation }} as news
        where news._loaded_at > (select coalesce(max(_seen_at), timestamp '0001-01-01') from {{ this }})
        {%- for column in key %}
            and news.{{ column }} = versions.{{ column }}
        {%- endfor %}
    )
    {%- endif %}
{%- endmacro %}
