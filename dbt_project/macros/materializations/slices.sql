{#-
    A model that is made in slices: of so many of its owners at a time that what they are made of fits in memory.

    DuckDB spills what it sorts and joins; what it aggregates of texts and lists has to fit. A model that reads
    nothing beyond one owner's rows is cut by owner: it keeps the owners to be told in a temporary table that it names
    in `config(slices=...)`, and reads those for which `this_slice()` holds. The materialization runs it once a slice.
-#}

{#-
    The rows of a query with a number of their slice, from 0, in the order of their key.

    query  a select of owners
    key    whose each is, one column
    rows   how many rows each brings, a column or an expression; null is none
-#}
{% macro sliced(query, key, rows) -%}
    {%- if var('slice_rows') < 1 -%}
        {%- do exceptions.raise_compiler_error('slice_rows is ' ~ var('slice_rows') ~ ': set it to 1 or more') -%}
    {%- endif %}
    select
        *,
        greatest(0, coalesce(cast(floor(
            (sum({{ rows }}) over (order by {{ key }} rows between unbounded preceding and current row) - 1)
            / {{ var('slice_rows') }}
        ) as bigint), 0)) as slice
    from ({{ query }}) as owners
{%- endmacro %}

{#-
    The owners of a model that is made in slices: the name of the temporary table of that name, which it makes.

    They are a part of the one query where that is all there is: in a unit test, whose tables are CTEs of it, and
    where a model is compiled and not made, of tables that may not be there yet.
-#}
{% macro owners(name, query, key, rows) -%}
    {%- set numbered = sliced(query, key, rows) -%}
    {%- if model.resource_type == 'unit_test' or flags.WHICH not in ('build', 'run', 'retry') -%}
        {{ return('(' ~ numbered ~ ') as ' ~ name) }}
    {%- endif -%}
    {%- do temporary(name, numbered) -%}
    {{ return(name) }}
{%- endmacro %}

{#- Whether an owner is of the slice that is being made; all are where none is. -#}
{% macro this_slice() -%}
    {{ return(adapter.dispatch('this_slice')()) }}
{%- endmacro %}

{#- Engines that spill what they aggregate need no slices. -#}
{% macro default__this_slice() -%} slice = slice {%- endmacro %}

{% macro duckdb__this_slice() -%} slice = coalesce(getvariable('slice'), slice) {%- endmacro %}

{#- Numbers of the slices of the model that is being made; none where it is made at once. -#}
{% macro slices() -%}
    {%- set owners = config.get('slices') -%}
    {%- if not owners -%} {{ return([]) }} {%- endif -%}
    {{ return(run_query('select distinct slice from ' ~ owners ~ ' order by slice').columns[0].values() | list) }}
{%- endmacro %}

{#- What `this_slice` stands for, until the next is begun; no number ends it. -#}
{% macro begin_slice(number=none) -%}
    {%- do run_query('reset variable slice' if number is none else 'set variable slice = ' ~ number) -%}
{%- endmacro %}

{#- Makes a relation by a macro, of the first slice, and adds the others to it. -#}
{% macro made_in_slices(relation) -%}
    {%- set numbers = slices() -%}
    {%- if numbers -%} {%- do begin_slice(numbers[0]) -%} {%- endif -%}
    {{ caller() }}
    {%- for number in numbers[1:] -%}
        {%- do begin_slice(number) -%}
        {%- do run_query('insert into ' ~ relation ~ ' by name ' ~ compiled_code) -%}
    {%- endfor -%}
    {%- if numbers -%} {%- do begin_slice() -%} {%- endif -%}
{%- endmacro %}
