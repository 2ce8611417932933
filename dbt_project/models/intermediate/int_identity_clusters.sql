-- One row per reference that is linked to another: the smallest reference of its cluster.
-- depends_on: {{ ref('int_identity_edges') }}
{{ config(materialized='table') }}
select
    node_id,
    cluster
from {{ connected_components(ref('int_identity_edges')) }}
