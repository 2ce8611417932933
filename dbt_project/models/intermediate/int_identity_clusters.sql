-- One row per reference that is or was linked to another: the smallest reference of its cluster.
{#- Told anew for whole clusters: of both ends of each link that came or went, of whom they meet now, and of all
    that was with any of them before. No link leads out of these. -#}
-- depends_on: {{ ref('int_identity_edge_versions') }}
-- depends_on: {{ ref('int_identity_edges') }}
{{ config(materialized='incremental', incremental_strategy='changes', unique_key='node_id') }}
{%- set edges = ref('int_identity_edges') %}
{%- if is_incremental() %}
    {%- set affected %}
        with {{ changed_versions(ref('int_identity_edge_versions'), 'links', 'build') }}

        ends as (
            select node_a as node_id from links_changed
            union
            select node_b from links_changed
            union
            select held.node_id from {{ this }} as held cross join links_read where links_read.number = 0
        ),

        met as (
            select node_id from ends
            union
            select node_b from {{ edges }} where node_a in (select node_id from ends)
            union
            select node_a from {{ edges }} where node_b in (select node_id from ends)
        )

        select node_id from met
        union
        select node_id
        from {{ this }}
        where cluster in (select held.cluster from {{ this }} as held inner join met using (node_id))
    {%- endset %}
    {%- do replace_temporary('affected_references', affected) %}
    {%- set edges = '(select * from ' ~ edges ~ ' where node_a in (select node_id from affected_references))' %}
{%- endif %}
with labels as (
    select node_id, cluster from {{ connected_components(edges) }}
),

{{ changed_versions(ref('int_identity_edge_versions'), 'links', 'build') }}

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
