-- One row per customer id that is in use no more and has an heir: the one in use that took its place.
with recursive ids as (
    select * from {{ ref('int_customer_ids') }}
),

changes as (
    select * from {{ ref('int_identity_changes') }}
),

in_use as (
    select distinct customer_id from ids where until is null
),

gone as (
    select distinct customer_id
    from changes
    where not exists (select 1 from in_use where in_use.customer_id = changes.customer_id)
),

-- what an id stood for last
last_held as (
    select ids.customer_id, ids.node_id
    from ids
    inner join (
        select ids.customer_id, max(ids.until) as ended_at
        from ids
        inner join gone using (customer_id)
        group by ids.customer_id
    ) as ends on ids.customer_id = ends.customer_id and ids.until = ends.ended_at
),

-- who holds most of that today
holders as (
    select customer_id, min_by(holder, struct_pack(few := -held, id := holder)) as next_id
    from (
        select last_held.customer_id, ids.customer_id as holder, count(*) as held
        from last_held
        inner join ids on last_held.node_id = ids.node_id and ids.until is null
        group by last_held.customer_id, ids.customer_id
    ) as counted
    group by customer_id
),

-- whom it went to, where nobody holds any of it today
merges as (
    select
        customer_id,
        max_by(other_customer_id, struct_pack(at := changed_at, held := reference_count, id := other_customer_id)) as next_id
    from (
        select *, max(changed_at) over (partition by customer_id) as ended_at
        from changes
        where change in ('merged', 'ended')
    ) as ends
    -- an id that merged, came back and ended later went nowhere
    where changed_at = ended_at
    group by customer_id
),

steps as (
    select gone.customer_id, coalesce(holders.next_id, merges.next_id) as next_id
    from gone
    left join holders using (customer_id)
    left join merges using (customer_id)
    where coalesce(holders.next_id, merges.next_id) is not null
),

-- each step leads to an id that ended in a later build
chains as (
    select customer_id, next_id from steps
    union
    select chains.customer_id, steps.next_id
    from chains
    inner join steps on chains.next_id = steps.customer_id
)

select chains.customer_id, chains.next_id as current_customer_id
from chains
inner join in_use on chains.next_id = in_use.customer_id
