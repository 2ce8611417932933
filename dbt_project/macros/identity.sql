{#- The rule of a group that says most: what somebody declared, then what is an id, then addresses.
    The least of one text: min_by of a struct costs six times as much. -#}
{% macro strongest_rule(rule) -%}
    substr(min(case
        when {{ rule }} = 'declared the same' then '1'
        when {{ rule }} = 'merged by the source' then '2'
        when {{ rule }} = 'declared shared id' then '3'
        when {{ rule }} = 'same external' then '4'
        when {{ rule }} = 'same email' then '5'
        when {{ rule }} = 'same phone' then '6'
        else '7'
    end || {{ rule }}), 2)
{%- endmacro %}

{#- Number of a seed's row below its header. A seed is written in the order of its file, and a window
    without an order reads a table as it is written. -#}
{% macro seed_row() -%}
    {{ return(adapter.dispatch('seed_row')()) }}
{%- endmacro %}

{% macro duckdb__seed_row() -%}
    row_number() over ()
{%- endmacro %}

{% macro default__seed_row() -%}
    row_number() over (order by monotonically_increasing_id())
{%- endmacro %}

{#- Links that the ids of records make, which no address or number takes part in.

    combinations  rows of int_combinations
    usable        the same, with a null for each reference that was set aside
-#}
{% macro id_links(combinations, usable) -%}
    select person_node as node_a, external_node as node_b, 'same external' as rule
    from {{ usable }}
    where person_node is not null and external_node is not null
    union all
    select person_node, merged_into_node, 'merged by the source'
    from {{ combinations }}
    where person_node is not null and merged_into_node is not null
{%- endmacro %}

{#- Of links of int_identity_edge_versions those that join: who is declared different shares none directly. -#}
{% macro joining_links(links) -%}
    select links.node_a, links.node_b, links.rule
    from {{ links }} as links
    -- asked for what does not exist by two columns, DuckDB takes fifty times as long
    left join {{ ref('int_torn_edges') }} as torn on links.node_a = torn.node_a and links.node_b = torn.node_b
    where links.until is null
        and links.rule not in ('set aside', 'declared different')
        and torn.node_a is null
{%- endmacro %}

{#- Makes the temporary table `name`: what int_identity_edges says of the references in the temporary table `nodes`. Its
    rules are read of few rows: asked of the view, DuckDB makes a copy of all links first. -#}
{% macro few_edges(name, nodes, ends=['node_a', 'node_b']) -%}
    {%- set versions %}
        {%- for end in ends %}
        select node_a, node_b, rule, until
        from {{ ref('int_identity_edge_versions') }}
        where {{ end }} in (select node_id from {{ nodes }})
        {{ 'union' if not loop.last }}
        {%- endfor %}
    {%- endset %}
    {%- do temporary(name ~ '_versions', versions) %}
    {%- do temporary(name, joining_links(name ~ '_versions')) %}
{%- endmacro %}

{#- Links that seeds make: ids of one namespace, among the references in `refs`, and overrides. -#}
{% macro declared_links(refs) -%}
    select
        refs.node_id as node_a,
        min(refs.node_id) over (partition by namespaces.namespace, refs.value) as node_b,
        'declared shared id' as rule
    from {{ refs }} as refs
    inner join {{ ref('external_id_namespaces') }} as namespaces using (source)
    where refs.kind = 'external'
    union all
    select node_a, node_b, 'declared the same'
    from {{ ref('int_identity_overrides') }}
    where action = 'force_same' and node_a is not null and node_b is not null
{%- endmacro %}
