-- One row per reference and time that it stood for a customer.
{#- What it holds of the past nothing else knows: no change of the code makes it anew. -#}
{{ config(
    materialized='incremental', incremental_strategy='delete+insert', unique_key=['node_id', 'since'],
    full_refresh=false, feed=['customer_id'],
) }}
{#- Ids are given anew to the customers of which a reference came, went, changed its age or its cluster. -#}
{%- set now = "timestamp '" ~ run_started_at.strftime('%Y-%m-%d %H:%M:%S.%f') ~ "'" %}

{%- set mentions = read_news(ref('int_mention_versions'), 'mentions', 'mentions_build', node_columns()) %}
{%- set links = read_news(ref('int_identity_edge_versions'), 'links', 'links_build', 'node_a') %}
{%- set usable %}
    select node_id, anchor_id, first_load_id
    from {{ ref('int_references') }}
    where node_id not in (select node_id from {{ ref('int_set_aside') }})
{%- endset %}
{%- if is_incremental() %}
    {%- set holders %}(select node_id, customer_id, born, since from {{ this }} where until is null){% endset %}
    {%- set touched %}
        {{ named_nodes('mentions_news') }}
        union
        select node_id from {{ ref('int_identity_clusters') }} where build > {{ links.number }}
        {%- if mentions.is_all or links.is_all %}
        union
        select node_id from {{ holders }}
        {%- endif %}
    {%- endset %}
    {%- do temporary('touched_references', touched) %}
    {#- whoever has one of these ids, or is what it was made of #}
    {%- set ids_touched %}
        select customer_id from {{ holders }} where node_id in (select node_id from touched_references)
        union
        select anchor_id from ({{ usable }}) where node_id in (select node_id from touched_references)
    {%- endset %}
    {%- do temporary('touched_ids', ids_touched) %}
    {%- do temporary(
        'made_of', 'select node_id from (' ~ usable ~ ') where anchor_id in (select customer_id from touched_ids)'
    ) %}
    {%- set ids_affected %}
        select customer_id from touched_ids
        union
        select customer_id from {{ holders }} where node_id in (select node_id from made_of)
    {%- endset %}
    {%- do temporary('affected_ids', ids_affected) %}
    {%- do temporary(
        'held_ids', 'select * from ' ~ holders ~ ' where customer_id in (select customer_id from affected_ids)'
    ) %}
    {%- set affected %}
        select node_id from touched_references
        union
        select node_id from made_of
        union
        select node_id from held_ids
    {%- endset %}
    {%- do temporary('affected_references', affected) %}
{%- endif %}

with {{ newest_build(ref('int_mention_versions'), 'mentions') }}

{{ newest_build(ref('int_identity_edge_versions'), 'links') }}

refs as (
    {{ usable }}
    {%- if is_incremental() %}
    and node_id in (select node_id from affected_references)
    {%- endif %}
),

clusters as (
    select node_id, cluster
    from {{ ref('int_identity_clusters') }}
    {%- if is_incremental() %}
    where node_id in (select node_id from affected_references)
    {%- endif %}
),

nodes as (
    select
        refs.node_id,
        refs.anchor_id,
        refs.first_load_id,
        coalesce(clusters.cluster, refs.node_id) as cluster
    from refs
    left join clusters using (node_id)
),

-- the oldest reference of a cluster gives it its id
born as (
    select
        cluster,
        min_by(anchor_id, struct_pack(age := first_load_id, id := anchor_id)) as customer_id,
        min(first_load_id) as born
    from nodes
    group by cluster
),
{%- if is_incremental() %}

held as (
    select * from held_ids
),

-- later than every build before, whatever the clock says: who was who in which order hangs on it
build as (
    select greatest({{ now }}, greatest(max(since), max(until)) + interval 1 microsecond) as at
    from {{ this }}
),

-- an id that is known belongs to the cluster of the reference that it was made of, or, where that
-- is gone, of the oldest one that still carries it: two clusters never share an id after a split
claims as (
    select
        customer_id,
        min(born) as born,
        min_by(cluster, struct_pack(loses := not is_anchor, age := first_load_id, id := node_id)) as cluster
    from (
        select held.customer_id, held.born, nodes.*, nodes.anchor_id = held.customer_id as is_anchor
        from held
        inner join nodes using (node_id)
        union all
        select held.customer_id, held.born, nodes.*, true
        from (select distinct customer_id, born from held) as held
        inner join nodes on held.customer_id = nodes.anchor_id
    ) as carriers
    group by customer_id
),

kept as (
    select
        cluster,
        min_by(customer_id, struct_pack(age := born, id := customer_id)) as customer_id,
        min(born) as born
    from claims
    group by cluster
),

assigned as (
    select
        nodes.node_id,
        nodes.first_load_id,
        coalesce(kept.customer_id, born.customer_id) as customer_id,
        coalesce(kept.born, born.born) as born
    from nodes
    inner join born using (cluster)
    left join kept using (cluster)
)

-- what ends: the reference went to another customer, or is gone
select
    held.node_id,
    held.customer_id,
    held.born,
    held.since,
    build.at as until,
    mentions_build.number as mentions_build,
    links_build.number as links_build
from held
left join assigned using (node_id)
cross join build
cross join mentions_build
cross join links_build
where assigned.customer_id is distinct from held.customer_id

union all

select
    assigned.node_id,
    assigned.customer_id,
    assigned.born,
    build.at as since,
    null as until,
    mentions_build.number,
    links_build.number
from assigned
left join held using (node_id)
cross join build
cross join mentions_build
cross join links_build
where assigned.customer_id is distinct from held.customer_id
{%- else %}

assigned as (
    select nodes.node_id, nodes.first_load_id, born.customer_id, born.born
    from nodes
    inner join born using (cluster)
)

select
    node_id,
    customer_id,
    born,
    {{ now }} as since,
    cast(null as timestamp) as until,
    mentions_build.number as mentions_build,
    links_build.number as links_build
from assigned
cross join mentions_build
cross join links_build
{%- endif %}
