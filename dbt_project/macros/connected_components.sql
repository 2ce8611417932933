{#-
    Labels every node of a graph with the smallest node of its component.

    edges         relation with one row per edge, in columns node_a and node_b (integers)
    Returns the name of a temporary table (node_id, cluster), one row per node that has an edge.

    Each round hooks every component onto its smallest neighbour, follows the pointers to their
    roots and contracts the edges, so the graph at least halves: 2 million nodes need some six
    rounds. A recursive query visits long chains a node at a time and does not come back.
-#}
{% macro connected_components(edges) -%}
    {%- if not execute %}{{ return('(select 0 as node_id, 0 as cluster)') }}{% endif -%}
    {%- do replace_temporary('graph_edges', 'select distinct node_a, node_b from ' ~ edges ~ ' where node_a <> node_b') -%}
    {%- do replace_temporary('graph_labels', 'select node_a as node_id, node_a as cluster from graph_edges
        union select node_b, node_b from graph_edges') -%}
    {%- set state = namespace(left=scalar('select count(*) from graph_edges')) -%}
    {%- for _ in range(64) -%}
        {%- if state.left > 0 -%}
            {%- do _contract() -%}
            {%- set state.left = scalar('select count(*) from graph_edges') -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return('graph_labels') }}
{%- endmacro %}

{% macro _contract() -%}
    {%- do replace_temporary('graph_roots', 'select node, min(root) as root from (
            select node_a as node, least(node_a, node_b) as root from graph_edges
            union all select node_b, least(node_a, node_b) from graph_edges
        ) group by node') -%}
    {%- set unsettled = 'select count(*) from graph_roots as a inner join graph_roots as b
        on a.root = b.node where a.root <> b.root' -%}
    {%- set state = namespace(left=scalar(unsettled)) -%}
    {%- for _ in range(64) -%}
        {%- if state.left > 0 -%}
            {%- do replace_temporary('graph_roots', 'select a.node, b.root from graph_roots as a
                inner join graph_roots as b on a.root = b.node') -%}
            {%- set state.left = scalar(unsettled) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do replace_temporary('graph_labels', 'select l.node_id, coalesce(r.root, l.cluster) as cluster
        from graph_labels as l left join graph_roots as r on l.cluster = r.node') -%}
    {#- an end at a time: of both at once DuckDB may compare every root with every other -#}
    {%- do temporary('graph_edges_from_roots', 'select distinct a.root as node_a, e.node_b
        from graph_edges as e inner join graph_roots as a on e.node_a = a.node') -%}
    {%- do temporary('graph_edges', 'select distinct e.node_a, b.root as node_b
        from graph_edges_from_roots as e inner join graph_roots as b on e.node_b = b.node where e.node_a <> b.root') -%}
{%- endmacro %}

{% macro scalar(query) -%}
    {{ return(run_query(query).columns[0].values()[0]) }}
{%- endmacro %}

{#- Reads itself while it is replaced, so the new content is made under another name first. -#}
{% macro replace_temporary(name, query) -%}
    {%- do temporary(name ~ '__next', query) -%}
    {%- do run_query('drop table if exists ' ~ name) -%}
    {%- do run_query('alter table ' ~ name ~ '__next rename to ' ~ name) -%}
{%- endmacro %}
