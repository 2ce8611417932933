{#-
    Takes out of the tables of versions what was replaced and nobody has to hear of any more: when a build ends, rows
    that were replaced before the build up to which the slowest reader knows them. Rows of that very build stay: by
    them a reader finds that its number is one of this table (`read_news`). A reader that is not there yet,
    or is from before it counted, will tell everything, so until then nothing goes.
-#}
{% macro prune_versions() -%}
    {%- if execute and flags.WHICH in ('build', 'run') -%}
        {#- by the graph and not by ref(): what a hook refers to dbt would learn while it parses, and an upgrade, after
            which it parses what changed alone, would leave it at what the hook referred to before -#}
        {%- set tables = {} -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'model' -%}
            {%- do tables.update({node.name: adapter.get_relation(node.database, node.schema, node.alias)}) -%}
        {%- endfor -%}
        {%- for versions, readers in readers_of_versions().items() -%}
            {%- set known = [] -%}
            {%- for reader, counter in readers.items() -%}
                {%- set table = tables[reader] -%}
                {%- if counter in (column_names(table) if table else []) -%}
                    {%- do known.append('select coalesce(max(' ~ counter ~ '), 0) as number from ' ~ table) -%}
                {%- endif -%}
            {%- endfor -%}
            {%- set relation = tables[versions] -%}
            {%- if relation and known | length == readers | length -%}
                {%- do run_query(
                    'delete from ' ~ relation ~ ' where until < (select min(number) from ('
                    ~ known | join(' union all ') ~ ') as known)'
                ) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{#- Who goes on from where it was in a table of versions, and the column in which it holds where that is. -#}
{% macro readers_of_versions() -%}
    {{ return({
        'int_mention_versions': {
            'int_combinations': 'build',
            'int_references': 'build',
            'int_identity_edge_versions': 'mentions_build',
            'int_customer_ids': 'mentions_build',
            'int_record_customers': 'mentions_build',
        },
        'int_identity_edge_versions': {
            'int_identity_clusters': 'build',
            'int_customer_ids': 'links_build',
            'identity_links': 'links_build',
        },
        'metric_observations': {'metric_cells': 'build', 'metric_strata': 'build'},
        'metric_customer_periods': {'metric_customers': 'build'},
        'theme_writers': {'theme_cells': 'build'},
    }) }}
{%- endmacro %}
