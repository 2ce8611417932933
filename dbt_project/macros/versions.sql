{#-
    Tables that keep what a build replaced, so that whoever is made of them reads only what changed.

    A row holds in `since` the number of the build that wrote it and in `until` that of the build that replaced
    it or took it away; what holds now is `where until is null`. A reader holds the number up to which
    it knows them. So a reader whose build failed, or was left out, goes on where it was, and sees
    what is gone. Replaced rows go once every reader knows of them (`prune_versions`).
-#}

{#- CTE `build`: the number of this build of a table of versions. A full build's is the time, so that no
    number comes twice: a reader that does not find its own knows that the table was made anew. -#}
{% macro this_build() -%}
build as (
    {%- set first = (run_started_at.timestamp() * 1000000) | int %}
    {%- if is_incremental() %}
    select coalesce(max(greatest(since, coalesce(until, since))) + 1, {{ first }}) as number from {{ this }}
    {%- else %}
    select cast({{ first }} as bigint) as number
    {%- endif %}
),
{%- endmacro %}

{#-
    CTEs of an incremental reader of a table of versions, each with `name` as its prefix:
      <name>_build   the newest number that there is
      <name>_read    the number up to which this table knows them; 0 if they were made anew since, and all are news
      <name>_changed versions that came or went since

    relation  the table of versions
    counter   the column of this table that holds what it knows
    first     what is before every number
-#}
{% macro changed_versions(relation, name, counter, first='0') -%}
{{ name }}_build as (
    select max(greatest(since, coalesce(until, since))) as number from {{ relation }}
),
{%- if is_incremental() %}
{#- what outlives an upgrade may be from before it was counted #}
{%- set counts = counter in (adapter.get_columns_in_relation(this) | map(attribute='name')) %}

{{ name }}_read as (
    select coalesce(max(known.number), {{ first }}) as number
    from (select {{ 'max(' ~ counter ~ ')' if counts else 'null' }} as number from {{ this }}) as known
    where exists (
        select 1 from {{ relation }} as versions where versions.since = known.number or versions.until = known.number
    )
),

{{ name }}_changed as (
    select versions.*
    from {{ relation }} as versions
    cross join {{ name }}_read as known
    where versions.since > known.number or versions.until > known.number
),
{%- endif %}
{%- endmacro %}

{#- The references that a row of int_mention_versions or int_combinations names, one a row. -#}
{% macro named_nodes(relation) -%}
    {%- for kind in reference_kinds() + ['merged_into'] %}
    select {{ kind }}_node as node_id from {{ relation }} where {{ kind }}_node is not null
    {{ 'union' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- Ids of the rows of int_combinations that name one of the references in `nodes`: a join for each kind,
    since one with a choice of columns would compare everything with everything. -#}
{% macro combinations_of(nodes) -%}
    {%- for kind in reference_kinds() + ['merged_into'] %}
    select combination_id from {{ ref('int_combinations') }} where {{ kind }}_node in (select node_id from {{ nodes }})
    {{ 'union' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{% macro reference_kinds() -%}
    {{ return(['person', 'external', 'email', 'phone']) }}
{%- endmacro %}
