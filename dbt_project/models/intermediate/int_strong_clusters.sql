-- One row per reference with a strong link: the smallest reference of its cluster. Empty while no address is in doubt.
-- depends_on: {{ ref('int_references') }}
-- depends_on: {{ ref('int_strong_links') }}
{{ config(materialized='table') }}
{%- set in_doubt = 'select count(*) from ' ~ ref('int_references') ~ ' where holders > ' ~ var('identity_max_clusters') %}
{%- if execute and scalar(in_doubt) > 0 %}
select
    node_id,
    cluster
from {{ connected_components(ref('int_strong_links')) }}
{%- else %}
select cast(null as bigint) as node_id, cast(null as bigint) as cluster where false
{%- endif %}
