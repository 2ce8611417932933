-- One row per link between two references, by rule.
{{ config(materialized='table') }}
with mentions as (
    select * from {{ ref('int_mentions') }}
),

refs as (
    select node_id
    from {{ ref('int_references') }} as known
    where not exists (select 1 from {{ ref('int_set_aside') }} as aside where aside.node_id = known.node_id)
),

overrides as (
    select * from {{ ref('int_identity_overrides') }}
    -- a row that others contradict decides nothing
    where action = 'force_different' and not is_contradicted
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
    left join refs as person on combinations.person_node = person.node_id
    left join refs as external on combinations.external_node = external.node_id
    left join refs as email on combinations.email_node = email.node_id
    left join refs as phone on combinations.phone_node = phone.node_id
),

-- a star around the strongest reference of a record joins them all with the fewest links
stars as (
    select *, coalesce(person_node, external_node, email_node, phone_node) as hub
    from usable
),

links as (
    {%- for kind in ['email', 'phone'] %}
    select hub as node_a, {{ kind }}_node as node_b, 'same {{ kind }}' as rule
    from stars
    -- a null never links
    where {{ kind }}_node is not null and {{ kind }}_node <> hub
    union all
    {%- endfor %}
    select node_a, node_b, rule from {{ ref('int_strong_links') }}
    union all
    -- cut, not rounded: 1 is nobody's probability
    select
        matched.node_a,
        matched.node_b,
        'matched, p=' || cast(cast(floor(matched.probability * 10000) / 10000 as decimal(5, 4)) as {{ dbt.type_string() }})
    from {{ ref('stg_matched_people') }} as matched
    inner join refs as a on matched.node_a = a.node_id
    inner join refs as b on matched.node_b = b.node_id
    where matched.verdict = 'link'
),

undirected as (
    select distinct
        least(node_a, node_b) as node_a,
        greatest(node_a, node_b) as node_b,
        rule
    from links
),

apart as (
    select node_a, node_b from overrides
    union all
    select node_b, node_a from overrides
),

neighbours as (
    select node_a as node, node_b as neighbour from undirected
    union all
    select node_b, node_a from undirected
),

-- what two declared strangers share directly speaks of neither
torn as (
    select
        least(apart.node_a, shared.neighbour) as node_a,
        greatest(apart.node_a, shared.neighbour) as node_b
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
    where undirected.node_a = torn.node_a and undirected.node_b = torn.node_b
)
