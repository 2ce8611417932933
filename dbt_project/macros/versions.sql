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
    select coalesce(greatest(max(since), max(until)) + 1, {{ first }}) as number from {{ this }}
    {%- else %}
    select cast({{ first }} as bigint) as number
    {%- endif %}
),
{%- endmacro %}

{#-
    The last select of a table of versions whose rows have nothing beside their key: those that came, and those that
    went, with the build that took them away. Goes after the CTE `build`; its strategy is delete+insert, by the key and `since`.

    cte    name of the CTE with what holds now
    key    columns of a row, none of them null
    by     the column of whose rows are told: all of them are, of each that is
    among  a table of those; none is all of them
-#}
{% macro new_versions(cte, key, by, among=none) -%}
    {%- if not is_incremental() %}
    select {{ cte }}.*, build.number as since, cast(null as bigint) as until
    from {{ cte }}
    cross join build
    {%- else %}
    select
        {%- for column in key %}
        coalesce(wanted.{{ column }}, held.{{ column }}) as {{ column }},
        {%- endfor %}
        coalesce(held.since, build.number) as since,
        case when wanted.{{ by }} is null then build.number end as until
    from {{ cte }} as wanted
    full join (
        select * from {{ this }} where until is null{{ ' and ' ~ by ~ ' in (select ' ~ by ~ ' from ' ~ among ~ ')' if among }}
    ) as held
        {%- for column in key %}
        {{ 'on' if loop.first else 'and' }} wanted.{{ column }} = held.{{ column }}
        {%- endfor %}
    cross join build
    where wanted.{{ by }} is null or held.{{ by }} is null
    {%- endif %}
{%- endmacro %}

{#-
    What a table of sums over versions is to add up, each row with a sign: as they were (-1) and as they are (1), of all
    whose versions moved since the build that it knows; in a full build all as they are.

    relation  the versions
    theirs    a temporary table of those that an increment is to look at: all of whatever is summed as one
    known     number of the build up to which this table knows them
-#}
{% macro signed_versions(relation, theirs, known) -%}
    {%- if is_incremental() %}
    select *, -1 as sign from {{ theirs }} where since <= {{ known }} and coalesce(until > {{ known }}, true)
    union all
    select *, 1 as sign from {{ theirs }} where until is null
    {%- else %}
    select *, 1 as sign from {{ relation }} where until is null
    {%- endif %}
{%- endmacro %}

{#- CTE `<name>_build`: the newest number of a table of versions. Each of the two columns is asked for its own
    maximum, which the table's statistics know. -#}
{% macro newest_build(relation, name) -%}
{{ name }}_build as (
    select greatest(max(since), max(until)) as number from {{ relation }}
),
{%- endmacro %}

{#-
    Makes the temporary table `<name>_news` in an incremental reader of a table of versions: what came or went since
    the number up to which this table knows them. Numbers are read before and stand in the query as
    constants, so that it skips what is old unread. Returns
      number  that number, as SQL; `first` if the versions were made anew since
      is_all  whether all versions are news for that reason: then all that this table holds is in question

    relation  the table of versions
    counter   the column of this table that holds what it knows
    columns   of the versions, in the temporary table
    first     what is before every number
-#}
{% macro read_news(relation, name, counter, columns, first='0') -%}
    {%- if not execute or not is_incremental() %}{{ return({'number': first, 'is_all': false}) }}{% endif -%}
    {%- set state = namespace(number=first) %}
    {#- what outlives an upgrade may be from before it was counted #}
    {%- if counter in column_names(this) %}
        {%- set known = scalar('select cast(max(' ~ counter ~ ') as ' ~ dbt.type_string() ~ ') from ' ~ this) %}
        {%- if known is not none %}
            {%- set number = "timestamp '" ~ known ~ "'" if first.startswith('timestamp') else known %}
            {%- set same_table = 'select count(*) from (
                select since from ' ~ relation ~ ' where since = ' ~ number ~ '
                union all select until from ' ~ relation ~ ' where until = ' ~ number ~ '
            ) as theirs' %}
            {%- if scalar(same_table) > 0 %}{% set state.number = number %}{% endif %}
        {%- endif %}
    {%- endif %}
    {#- not one condition with `or`: of such a one the statistics of a column say nothing #}
    {%- do temporary(name ~ '_news', 'select ' ~ columns ~ ' from ' ~ relation ~ ' where since > ' ~ state.number ~ '
        union all select ' ~ columns ~ ' from ' ~ relation ~ '
        where until > ' ~ state.number ~ ' and since <= ' ~ state.number) %}
    {{- return({'number': state.number, 'is_all': state.number == first}) }}
{%- endmacro %}

{#- Columns of a row that names references which `named_nodes` reads. -#}
{% macro node_columns() -%}
    {%- for kind in reference_kinds() + ['merged_into'] %}{{ kind }}_node{{ ', ' if not loop.last }}{% endfor %}
{%- endmacro %}

{#- The references that a row of int_mention_versions or int_combinations names, one a row. -#}
{% macro named_nodes(relation) -%}
    {%- for kind in reference_kinds() + ['merged_into'] %}
    select {{ kind }}_node as node_id from {{ relation }} where {{ kind }}_node is not null
    {{ 'union' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- Rows of int_combinations that name one of the references in `nodes`: a condition for each kind, since a join with a
    choice of columns would compare everything with everything. -#}
{% macro combinations_of(nodes, columns) -%}
    {%- set conditions = [] %}
    {%- for kind in reference_kinds() + ['merged_into'] %}
        {%- do conditions.append(kind ~ '_node in (select node_id from ' ~ nodes ~ ')') %}
    {%- endfor %}
    {{- few_rows(ref('int_combinations'), conditions, columns) }}
{%- endmacro %}

{% macro reference_kinds() -%}
    {{ return(['person', 'external', 'email', 'phone']) }}
{%- endmacro %}
