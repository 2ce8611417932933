-- One row per reference and time that it stood for a customer.
with ids as (
    select * from {{ ref('int_customer_ids') }}
),

refs as (
    select * from {{ ref('int_references') }}
),

edges as (
    select * from {{ ref('int_identity_edges') }}
),

-- of several reasons the one that somebody declared says most
rules as (
    select
        node_id,
        {{ strongest_rule('rule') }} as rule
    from (
        select node_a as node_id, rule from edges
        union all
        select node_b, rule from edges
    ) as ends
    group by node_id
)

select
    ids.customer_id,
    -- numbered, not hashed: a hash of an address can be tried out
    row_number() over (
        partition by ids.customer_id order by ids.since, refs.kind, refs.source, ids.node_id
    ) as link,
    coalesce(refs.kind, 'gone') as reference_kind,
    refs.source as reference_source,
    case when refs.kind in ('person', 'external') then {{ published_ref('refs.value') }} end as reference,
    coalesce(rules.rule, 'alone') as rule,
    ids.since,
    ids.until
from ids
left join refs using (node_id)
left join rules using (node_id)
