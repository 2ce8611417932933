{#-
    Published cells: every period of a grain, by each set of places that a cube of `metric_cuts` names.

    `metric_cuts` gives blocks: a grain, the places of a cube (`by`) and the `sets` of them to be
    made. Each set belongs to the first cube that has it, so that no cell is made twice. `period`,
    `cell` and `cells` write the SQL of one block. A total reads 'all', all time is the period of the
    year 1, so that a cell is told by columns that are never null.

    A cube that says `clocks: false` is left out of the quantiles of clocks, whose cells are curves.

    An account is a number until the last (`account`): text of that length takes several times as long.
-#}
{% macro metric_places() -%}
    {{ return(['source', 'touchpoint', 'segment', 'stage', 'channel', 'account_id']) }}
{%- endmacro %}

{% macro metric_grains() -%}
    {{ return(['week', 'month', 'quarter', 'all']) }}
{%- endmacro %}

{% macro metric_cuts(clocks=false) -%}
    {%- set seen, blocks = [], [] -%}
    {%- for cut in var('metric_cuts') if not clocks or cut.get('clocks', true) -%}
        {%- set by = known_only(cut['by'], metric_places(), 'by') -%}
        {%- for grain in known_only(cut.get('grains', metric_grains()), metric_grains(), 'grains') -%}
            {%- set sets = [] -%}
            {%- for places in subsets(by) if (grain, places) not in seen -%}
                {%- do seen.append((grain, places)) -%}
                {%- do sets.append(places) -%}
            {%- endfor -%}
            {%- if sets -%}
                {%- do blocks.append({'grain': grain, 'by': by, 'sets': sets}) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(blocks) }}
{%- endmacro %}

{% macro subsets(names) -%}
    {%- set found = [[]] -%}
    {%- for name in names -%}
        {%- for smaller in found | list -%}
            {%- do found.append(smaller + [name]) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{#- In the order of `allowed`, so that two cubes name a set of places alike. -#}
{% macro known_only(names, allowed, key) -%}
    {%- for name in names if name not in allowed -%}
        {{ exceptions.raise_compiler_error(
            "metric_cuts: `" ~ key ~ "` has " ~ name ~ ", expected some of " ~ allowed | join(', ')
        ) }}
    {%- endfor -%}
    {{ return(allowed | select('in', names) | list) }}
{%- endmacro %}

{#- First day of the period that a day lies in. Weeks begin on Monday. -#}
{% macro period(block, day='day') -%}
    {% if block.grain == 'all' -%}
    date '0001-01-01'
    {%- else -%}
    cast(date_trunc('{{ block.grain }}', {{ day }}) as date)
    {%- endif %}
{%- endmacro %}

{% macro cell(block) -%}
    '{{ block.grain }}' as period_grain,
    period,
    {%- for place in metric_places() %}
    {%- set total = -2 if place == 'account_id' else "'all'" %}
    {% if place in block.by -%}
    case when grouping({{ place }}) = 1 then {{ total }} else {{ place }} end as {{ place }}
    {%- else -%}
    {{ total }} as {{ place }}
    {%- endif %}
    {{- ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{% macro cells(block) -%}
    grouping sets (
        {%- for places in block.sets %}
        ({{ places | join(', ') }}){{ ',' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}

{#- What names a cell. -#}
{% macro cell_columns() -%}
    {{ return(['period_grain', 'period'] + metric_places()) }}
{%- endmacro %}

{#- The same as parts of a `hash_id`: relations of millions of rows are joined by that, not by eight texts. -#}
{% macro cell_id_parts(relation=none) -%}
    {%- set of = relation ~ '.' if relation else '' -%}
    {%- set parts = [] -%}
    {%- for column in cell_columns() -%}
        {%- do parts.append(of ~ column) -%}
    {%- endfor -%}
    {{ return(parts) }}
{%- endmacro %}

{#- An account's number, for `cell`; nobody's is -1, the total -2. -#}
{% macro account_number(account_id) -%}
    coalesce({{ account_id }}, -1)
{%- endmacro %}

{% macro account_text(number) -%}
    case {{ number }} when -2 then 'all' when -1 then 'unknown' else cast({{ number }} as varchar) end
{%- endmacro %}

{#- The blocks that customers are counted in: of each grain the sets of those places that a customer has. -#}
{% macro customer_cuts() -%}
    {%- set by, blocks = ['segment', 'account_id'], [] -%}
    {%- for grain in metric_grains() -%}
        {%- set sets = [] -%}
        {%- for cut in metric_cuts() if cut.grain == grain -%}
            {%- for places in cut.sets -%}
                {%- set whose = places | select('in', by) | list -%}
                {%- if whose not in sets -%}{%- do sets.append(whose) -%}{%- endif -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- if sets -%}
            {%- do blocks.append({'grain': grain, 'by': sets | sum(start=[]) | unique | list, 'sets': sets}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(blocks) }}
{%- endmacro %}
