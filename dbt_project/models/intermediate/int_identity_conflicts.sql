-- One row per reference that links nobody, or pair that could not be kept apart, and why.
with refs as (
    select * from {{ ref('int_references') }}
),

ids as (
    select * from {{ ref('int_customer_ids') }} where until is null
),

overrides as (
    select
        *,
        {{ override_node('a') }} as node_a,
        {{ override_node('b') }} as node_b
    from {{ ref('identity_overrides') }}
    {{ join_provider(normal_email('value_a'), 'provider_a') }}
    {{ join_provider(normal_email('value_b'), 'provider_b') }}
)

select
    node_id,
    kind,
    source,
    value,
    set_aside_reason as reason,
    names,
    records
from refs
where set_aside_reason is not null

union all

select
    overrides.node_a,
    overrides.kind_a,
    overrides.source_a,
    overrides.value_a,
    'declared different from ' || overrides.kind_b || ' ' || overrides.value_b
    || ', but a chain of other references still joins them: set one of those aside too',
    2,
    null
from overrides
inner join ids as a on overrides.node_a = a.node_id
inner join ids as b on overrides.node_b = b.node_id
where overrides.action = 'force_different' and a.customer_id = b.customer_id

union all

select
    overrides.node_a,
    overrides.kind_a,
    overrides.source_a,
    overrides.value_a,
    'an override names a reference that no record holds: check its spelling',
    0,
    0
from overrides
left join refs as a on overrides.node_a = a.node_id
left join refs as b on overrides.node_b = b.node_id
where a.node_id is null or b.node_id is null
