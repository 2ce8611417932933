-- One row per reference and time that it stood for a customer.
{#- What it holds of the past nothing else knows: no change of the code makes it anew. -#}
{{ config(
    materialized='incremental', incremental_strategy='delete+insert', unique_key=['node_id', 'since'],
    full_refresh=false,
) }}
{#- Ids are given anew to the customers of which a reference came, went, changed its age or its cluster. -#}
{%- set now = "timestamp '" ~ run_started_at.strftime('%Y-%m-%d %H:%M:%S.%f') ~ "'" %}

with {{ changed_versions(ref('int_mention_versions'), 'mentions', 'mentions_build') }}

{{ changed_versions(ref('int_identity_edge_versions'), 'links', 'links_build') }}

usable as (
    select node_id, anchor_id, first_load_id
    from {{ ref('int_references') }} as known
    where not exists (select 1 from {{ ref('int_set_aside') }} as aside where aside.node_id = known.node_id)
),

clusters as (
    select * from {{ ref('int_identity_clusters') }}
),
{%- if is_incremental() %}

holders as (
    select node_id, customer_id, born, since from {{ this }} where until is null
),

touched as (
    {{ named_nodes('mentions_changed') }}
    union
    select clusters.node_id from clusters cross join links_read where clusters.build > links_read.number
    union
    select holders.node_id
    from holders
    cross join mentions_read
    cross join links_read
    where mentions_read.number = 0 or links_read.number = 0
),

-- whoever has one of these ids, or is what it was made of
ids_touched as (
    select customer_id from holders where node_id in (select node_id from touched)
    union
    select anchor_id from usable where node_id in (select node_id from touched)
),

made_of as (
    select node_id from usable where anchor_id in (select customer_id from ids_touched)
),

affected as (
    select node_id from touched
    union
    select node_id from made_of
    union
    select node_id
    from holders
    where customer_id in (
        select customer_id from ids_touched
        union
        select customer_id from holders where node_id in (select node_id from made_of)
    )
),
{%- endif %}

refs as (
    select * from usable
    {%- if is_incremental() %}
    where node_id in (select node_id from affected)
    {%- endif %}
),

clusters_of_refs as (
    select node_id, cluster from clusters where node_id in (select node_id from refs)
),

nodes as (
    select
        refs.node_id,
        refs.anchor_id,
        refs.first_load_id,
        coalesce(clusters.cluster, refs.node_id) as cluster
    from refs
    left join clusters_of_refs as clusters using (node_id)
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
    select * from holders where node_id in (select node_id from affected)
),

-- later than every build before, whatever the clock says: who was who in which order hangs on it
build as (
    select greatest({{ now }}, max(coalesce(until, since)) + interval 1 microsecond) as at
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
