-- One row per case: whether its states are told from beginning to end, and when it was last changed.
with clocks as (
    select * from {{ ref('int_case_clocks') }}
),

states as (
    select
        record_id,
        max(from_at) as last_moved_at,
        bool_or(status = 'solved') as was_solved
    from {{ ref('int_case_states') }}
    group by record_id
),

turns as (
    select record_id, max(greatest(asked_at, answered_at)) as last_said_at
    from {{ ref('int_case_turns') }}
    group by record_id
)

select
    clocks.record_id,
    clocks.requester_wait_seconds is not null as is_told,
    coalesce(states.was_solved, false) as was_solved,
    greatest(states.last_moved_at, turns.last_said_at) as last_changed_at
from clocks
left join states using (record_id)
left join turns using (record_id)
