-- One row per pair of people who are alike, and whom nothing links or parts: for a person to look at.
with matched as (
    select * from {{ ref('stg_matched_people') }} where verdict = 'review'
),

ids as (
    select node_id, customer_id from {{ ref('int_customer_ids') }} where until is null
),

overrides as (
    select
        least(node_a, node_b) as node_a,
        greatest(node_a, node_b) as node_b
    from {{ ref('int_identity_overrides') }}
)

select
    matched.record_id,
    matched.probability,
    matched.source_a,
    matched.person_ref_a,
    a.customer_id as customer_id_a,
    matched.source_b,
    matched.person_ref_b,
    b.customer_id as customer_id_b,
    matched.model
from matched
inner join ids as a on matched.node_a = a.node_id
inner join ids as b on matched.node_b = b.node_id
where a.customer_id <> b.customer_id
    and not exists (
        select 1 from overrides
        where overrides.node_a = matched.node_a and overrides.node_b = matched.node_b
    )
