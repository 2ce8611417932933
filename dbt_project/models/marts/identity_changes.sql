-- One row per customer id, build and other customer id that its references went to or came from.
with changes as (
    select * from {{ ref('int_identity_changes') }}
),

in_use as (
    select distinct customer_id
    from {{ ref('int_customer_ids') }}
    where until is null and customer_id in (select customer_id from changes)
),

heirs as (
    select * from {{ ref('int_customer_heirs') }}
)

select
    changes.change_id,
    changes.customer_id,
    changes.changed_at,
    changes.change,
    changes.other_customer_id,
    changes.reference_count,
    changes.rule,
    coalesce(in_use.customer_id, heirs.current_customer_id) as current_customer_id
from changes
left join in_use using (customer_id)
left join heirs using (customer_id)
