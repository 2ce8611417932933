-- One row per reference with a strong link: the smallest reference of its cluster. Empty while no address is in doubt.
{{ config(materialized='table') }}
{%- set in_doubt = "select 1 from " ~ ref('int_references') ~ " where holders > " ~ var('identity_max_clusters') %}
select
    node_id,
    cluster
from {{ connected_components("(select * from " ~ ref('int_strong_links') ~ " where exists (" ~ in_doubt ~ "))") }}
