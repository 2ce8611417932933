-- One row per link between two references that speaks of one person by itself: ids, merges at the source, declarations.
{{ config(materialized='table') }}
with mentions as (
    select * from {{ ref('int_mentions') }}
),

refs as (
    select * from {{ ref('int_references') }} where set_aside_reason is null
),

people as (
    select * from {{ ref('stg_people') }} where not is_deleted
),

namespaces as (
    select * from {{ ref('external_id_namespaces') }}
),

told as (
    select distinct person_node, external_node
    from mentions
    where person_node is not null and external_node is not null
),

links as (
    select told.person_node as node_a, told.external_node as node_b, 'same external' as rule
    from told
    inner join refs as person on told.person_node = person.node_id
    inner join refs as external on told.external_node = external.node_id
    union all
    select
        {{ hash_id(["'person'", 'source', normal_ref('person_ref')]) }},
        {{ hash_id(["'person'", 'source', normal_ref('merged_into_ref')]) }},
        'merged by the source'
    from people
    where {{ normal_ref('merged_into_ref') }} is not null
    union all
    select
        refs.node_id,
        min(refs.node_id) over (partition by namespaces.namespace, refs.value),
        'declared shared id'
    from refs
    inner join namespaces using (source)
    where refs.kind = 'external'
    union all
    select node_a, node_b, 'declared the same'
    from {{ ref('int_identity_overrides') }}
    where action = 'force_same' and node_a is not null and node_b is not null
)

select distinct
    least(node_a, node_b) as node_a,
    greatest(node_a, node_b) as node_b,
    rule
from links
where node_a <> node_b
