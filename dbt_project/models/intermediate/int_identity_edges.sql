-- One row per link between two references, by rule.
{{ config(materialized='table') }}
with mentions as (
    select * from {{ ref('int_mentions') }}
),

refs as (
    select * from {{ ref('int_references') }}
),

people as (
    select * from {{ ref('stg_people') }} where not is_deleted
),

namespaces as (
    select * from {{ ref('external_id_namespaces') }}
),

overrides as (
    select
        action,
        {{ override_node('a') }} as node_a,
        {{ override_node('b') }} as node_b
    from {{ ref('identity_overrides') }}
    {{ join_provider(normal_email('value_a'), 'provider_a') }}
    {{ join_provider(normal_email('value_b'), 'provider_b') }}
),

-- millions of records repeat the same few combinations
combinations as (
    select distinct person_node, external_node, email_node, phone_node
    from mentions
),

usable as (
    select
        person.node_id as person_node,
        external.node_id as external_node,
        email.node_id as email_node,
        phone.node_id as phone_node
    from combinations
    left join refs as person
        on combinations.person_node = person.node_id and person.set_aside_reason is null
    left join refs as external
        on combinations.external_node = external.node_id and external.set_aside_reason is null
    left join refs as email
        on combinations.email_node = email.node_id and email.set_aside_reason is null
    left join refs as phone
        on combinations.phone_node = phone.node_id and phone.set_aside_reason is null
),

-- a star around the strongest reference of a record joins them all with the fewest links
stars as (
    select *, coalesce(person_node, external_node, email_node, phone_node) as hub
    from usable
),

links as (
    {%- for kind in ['external', 'email', 'phone'] %}
    select hub as node_a, {{ kind }}_node as node_b, 'same {{ kind }}' as rule
    from stars
    -- a null never links
    where {{ kind }}_node is not null and {{ kind }}_node <> hub
    union all
    {%- endfor %}
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
    where refs.kind = 'external' and refs.set_aside_reason is null
    union all
    select node_a, node_b, 'declared the same'
    from overrides
    where action = 'force_same'
),

undirected as (
    select distinct
        least(node_a, node_b) as node_a,
        greatest(node_a, node_b) as node_b,
        rule
    from links
    where node_a <> node_b
),

apart as (
    select node_a, node_b from overrides where action = 'force_different'
    union all
    select node_b, node_a from overrides where action = 'force_different'
),

neighbours as (
    select node_a as node, node_b as neighbour from undirected
    union all
    select node_b, node_a from undirected
),

-- what two declared strangers share directly speaks of neither
torn as (
    select apart.node_a as node, shared.neighbour
    from apart
    inner join neighbours as shared on apart.node_a = shared.node
    left join neighbours as theirs
        on apart.node_b = theirs.node and shared.neighbour = theirs.neighbour
    where shared.neighbour = apart.node_b or theirs.node is not null
)

select undirected.*
from undirected
where not exists (
    select 1 from torn
    where (undirected.node_a = torn.node and undirected.node_b = torn.neighbour)
        or (undirected.node_b = torn.node and undirected.node_a = torn.neighbour)
)
