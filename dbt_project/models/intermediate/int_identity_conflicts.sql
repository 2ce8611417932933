-- One row per reference that links nobody, or row of identity_overrides that cannot be followed, and why.
{#- References and ids are read where they are asked for: a CTE that is read twice is a copy of them all. -#}
{%- set refs = ref('int_references') %}
{%- set ids = ref('int_customer_ids') %}
with overrides as (
    select * from {{ ref('int_identity_overrides') }}
),

known as (
    select overrides.override_row
    from overrides
    inner join {{ refs }} as a on overrides.node_a = a.node_id
    inner join {{ refs }} as b on overrides.node_b = b.node_id
),

still_joined as (
    select overrides.override_row
    from overrides
    inner join {{ ids }} as a on overrides.node_a = a.node_id
    inner join {{ ids }} as b on overrides.node_b = b.node_id
    where overrides.action = 'force_different'
        and not overrides.is_contradicted
        and a.customer_id = b.customer_id
        and a.until is null
        and b.until is null
),

wrong as (
    select
        override_row,
        'unusable' as problem,
        'row ' || override_row || ': its action is neither force_same nor force_different: write one of them' as reason
    from overrides
    where coalesce(action, '') not in ('force_same', 'force_different')
    union all
    select
        override_row,
        'contradicted',
        case
            when node_a = node_b
                then 'row ' || override_row || ': a reference is never different from itself: correct the row, or take it out'
            else 'rows ' || same_rows || ' declare to be one whom this one declares different: take out what is wrong'
        end
    from overrides
    where is_contradicted
    union all
    select
        override_row,
        'still joined',
        'declared different from ' || overrides.kind_b || ' ' || overrides.value_b
        || ', but a chain of other references still joins them: set one of those aside too'
    from overrides
    inner join still_joined using (override_row)
    union all
    select
        override_row,
        'names nobody',
        'an override names a reference that no record holds: check its spelling'
    from overrides
    where override_row not in (select override_row from known)
)

select
    aside.problem,
    aside.reason,
    refs.node_id,
    refs.kind,
    refs.source,
    refs.value,
    refs.names,
    aside.groups,
    refs.records,
    cast(null as bigint) as override_row
from {{ ref('int_set_aside') }} as aside
inner join {{ refs }} as refs using (node_id)

union all

select
    wrong.problem,
    wrong.reason,
    overrides.node_a,
    overrides.kind_a,
    overrides.source_a,
    overrides.value_a,
    null,
    null,
    null,
    override_row
from wrong
inner join overrides using (override_row)
