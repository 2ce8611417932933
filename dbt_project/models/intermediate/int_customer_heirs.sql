-- One row per customer id that is in use no more and has an heir: the one in use that took its place.
{%- set ids = ref('int_customer_ids') %}
with recursive changes as (
    select * from {{ ref('int_identity_changes') }}
),

-- few of all: those that ever changed
changed as (
    select node_id, customer_id, until from {{ ids }} where customer_id in (select customer_id from changes)
),

gone as (
    select distinct customer_id
    from changes
    where customer_id not in (select customer_id from changed where until is null)
),

-- what an id stood for last
last_held as (
    select ids.customer_id, ids.node_id
    from changed as ids
    inner join (
        select changed.customer_id, max(changed.until) as ended_at
        from changed
        inner join gone using (customer_id)
        group by changed.customer_id
    ) as ends on ids.customer_id = ends.customer_id and ids.until = ends.ended_at
),

-- who holds most of that today
holders as (
    select customer_id, min_by(holder, struct_pack(few := -held, id := holder)) as next_id
    from (
        select last_held.customer_id, ids.customer_id as holder, count(*) as held
        from last_held
        inner join {{ ids }} as ids on last_held.node_id = ids.node_id and ids.until is null
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
),

in_use as (
    select distinct customer_id
    from {{ ids }}
    where until is null and customer_id in (select next_id from chains)
)

select chains.customer_id, chains.next_id as current_customer_id
from chains
inner join in_use on chains.next_id = in_use.customer_id
