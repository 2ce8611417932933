-- One row per reference that is or was linked to another: the smallest reference of its cluster.
{#- Told anew for whole clusters: of both ends of each link that came or went, of whom a declaration held apart from
    them, and of all that was with any of them before. No link leads out of these. -#}
-- depends_on: {{ ref('int_identity_edge_versions') }}
-- depends_on: {{ ref('int_identity_edges') }}
-- depends_on: {{ ref('int_identity_overrides') }}
-- depends_on: {{ ref('int_torn_edges') }}
{{ config(materialized='incremental', incremental_strategy='changes', unique_key='node_id') }}
{%- set edges = ref('int_identity_edges') %}
{%- set news = read_news(ref('int_identity_edge_versions'), 'links', 'build', 'node_a, node_b, rule') %}
{%- if is_incremental() %}
    {%- set ends %}
        select node_a as node_id from links_news
        union
        select node_b from links_news
        {%- if news.is_all %}
        union
        select node_id from {{ this }}
        {%- endif %}
    {%- endset %}
    {%- do temporary('ends_of_news', ends) %}
    {#- what a declaration tears, or tears no more, came and went with no link of its own -#}
    {%- set strangers %}
        select node_a as node_id from {{ ref('int_identity_overrides') }} where action = 'force_different'
        union
        select node_b from {{ ref('int_identity_overrides') }} where action = 'force_different'
        union
        select node_a from links_news where rule = 'declared different'
        union
        select node_b from links_news where rule = 'declared different'
    {%- endset %}
    {%- do temporary('strangers', strangers) %}
    {%- do few_edges('edges_of_strangers', 'strangers') %}
    {%- set met %}
        select node_id from ends_of_news
        {%- for end, other in [('node_a', 'node_b'), ('node_b', 'node_a')] %}
        union
        select {{ other }} from edges_of_strangers where {{ end }} in (select node_id from ends_of_news)
        {%- endfor %}
    {%- endset %}
    {%- do temporary('met_references', met) %}
    {%- do temporary(
        'affected_clusters',
        'select distinct cluster from ' ~ this ~ ' where node_id in (select node_id from met_references)'
    ) %}
    {%- set affected %}
        select node_id from met_references
        union
        select node_id from {{ this }} where cluster in (select cluster from affected_clusters)
    {%- endset %}
    {%- do temporary('affected_references', affected) %}
    {#- both ends of each are among them #}
    {%- do few_edges('affected_edges', 'affected_references', ['node_a']) %}
    {%- set edges = 'affected_edges' %}
{%- endif %}
with labels as (
    select node_id, cluster from {{ connected_components(edges) }}
),

{{ newest_build(ref('int_identity_edge_versions'), 'links') }}

clusters as (
    {%- if is_incremental() %}
    select affected.node_id, coalesce(labels.cluster, affected.node_id) as cluster
    from affected_references as affected
    left join labels using (node_id)
    {%- else %}
    select * from labels
    {%- endif %}
)

select
    clusters.node_id,
    clusters.cluster,
    links_build.number as build,
    cast(0 as bigint) as row_hash
from clusters
cross join links_build
