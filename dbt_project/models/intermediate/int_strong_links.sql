-- One row per link between two references that speaks of one person by itself: ids, merges at the source, declarations.
with refs as (
    select * from {{ ref('int_references') }} where set_aside_reason is null
),

combinations as (
    select * from {{ ref('int_combinations') }}
),

usable as (
    select combinations.person_node, combinations.external_node
    from combinations
    inner join refs as person on combinations.person_node = person.node_id
    inner join refs as external on combinations.external_node = external.node_id
),

links as (
    {{ id_links('combinations', 'usable') }}
    union all
    {{ declared_links('refs') }}
)

select distinct
    least(node_a, node_b) as node_a,
    greatest(node_a, node_b) as node_b,
    rule
from links
where node_a <> node_b
