-- One row per case: when it was answered, solved, reopened, who waited for whom, and who waits now.
{#- A case depends on what was said and done on it alone: an increment tells those cases anew of
    which something was heard since. -#}
{{ config(materialized='incremental', incremental_strategy='changes', unique_key='record_id', feed=['record_id']) }}
{%- set parts = ['cases', 'case_messages', 'case_changes'] %}
{%- set is_reopening -%}
    field = 'status' and old_value in ('solved', 'closed') and {{ is_open('new_value') }}
{%- endset %}
{%- set columns = [
    'record_id', 'source', 'case_id', 'status', 'priority', 'topic', 'product', 'created_at',
    'is_agent_created', 'is_merged', 'is_done', 'first_reply_at', 'first_resolved_at', 'resolved_at', 'reopens', 'first_reopened_at',
    'next_replies', 'next_reply_minutes', 'next_reply_mean_minutes', 'requester_wait_seconds',
    'requester_waits_since', 'agent_wait_seconds', 'group_stations', 'assignee_stations', 'public_messages',
    'customer_messages', 'agent_messages', 'waiting_since', 'clock_findings', 'cases_seen_at',
    'case_messages_seen_at', 'case_changes_seen_at',
] %}
{%- do read_touched_cases(parts) %}
with
{%- for part in parts %}

heard_{{ part }} as (
    {{ heard_of_cases(part) }}
),
{%- endfor %}

cases as (
    select
        * exclude (solved_at, closed_at),
        case when {{ is_past('solved_at') }} then solved_at end as solved_at,
        case when {{ is_past('closed_at') }} then closed_at end as closed_at,
        not coalesce({{ is_past('greatest(solved_at, closed_at)') }}, true) as is_ahead
    from heard_cases
    where not is_deleted
),

messages as (
    select * from heard_case_messages where not is_deleted
),

changes as (
    select * from heard_case_changes where not is_deleted
),

turns as (
    select turns.*
    from {{ ref('int_case_turns') }} as turns
    inner join cases on turns.record_id = cases.record_id
),

states as (
    select states.*, cases.status as status_now
    from {{ ref('int_case_states') }} as states
    inner join cases on states.record_id = cases.record_id
),
{%- for part in parts[1:] %}

{{ part }}_seen as (
    select source, case_id, max(_seen_at) as {{ part }}_seen_at
    from heard_{{ part }}
    group by source, case_id
),
{%- endfor %}

-- what the customer can read; a private note answers nobody
talked as (
    select
        source,
        case_id,
        count(*) as public_messages,
        count(*) filter (author_role = 'customer') as customer_messages,
        count(*) filter (author_role = 'agent') as agent_messages,
        max(created_at) filter (author_role = 'agent') as last_agent_at
    from messages
    where is_public and author_role in ('customer', 'agent')
    group by source, case_id
),

-- the customer's first message that nobody has answered yet
unanswered as (
    select messages.source, messages.case_id, min(messages.created_at) as waiting_since
    from messages
    inner join talked using (source, case_id)
    where messages.is_public and messages.author_role = 'customer'
        and messages.created_at > coalesce(talked.last_agent_at, timestamp '0001-01-01')
    group by messages.source, messages.case_id
),

replied as (
    select
        record_id,
        bool_or(is_agent_created) as is_agent_created,
        max(answered_at) filter (nth = 1) as first_reply_at,
        count(answered_at) filter (nth > 1) as next_replies,
        median({{ minutes_between('asked_at', 'answered_at') }}) filter (nth > 1) as next_reply_minutes,
        avg({{ minutes_between('asked_at', 'answered_at') }}) filter (nth > 1) as next_reply_mean_minutes
    from turns
    group by record_id
),

waited as (
    select
        record_id,
        -- a history with a gap or a state of another name, or one that ends elsewhere than the case, tells no waits
        bool_and(coalesce({{ is_state() }}, false)) and coalesce(
            max_by(status, nth) = max(status_now)
            or not max_by({{ is_open() }}, nth) and not bool_or({{ is_open('status_now') }}),
            false
        )
        as is_told,
        {%- for who, waits in {'requester': requester_waits(), 'agent': agent_waits()}.items() %}
        coalesce(sum(date_diff('second', from_at, until_at)) filter ({{ waits }}), 0) as {{ who }}_wait_seconds,
        {%- endfor %}
        min(from_at) filter ({{ requester_waits() }} and until_at is null) as requester_waits_since
    from states
    group by record_id
),

moved as (
    select
        source,
        case_id,
        {%- for end, status in {'last_solved': 'solved', 'first_solved': 'solved', 'first_closed': 'closed'}.items() %}
        {{ 'max' if end == 'last_solved' else 'min' }}(changed_at) filter (
            field = 'status' and new_value = '{{ status }}'
        ) as {{ end }}_at,
        {%- endfor %}
        count(*) filter ({{ is_reopening }}) as reopens,
        min(changed_at) filter ({{ is_reopening }}) as first_reopened_at,
        min(changed_at) filter (field = 'status') as first_changed_at,
        {%- for column in ['team_ref', 'assignee_ref'] %}
        count(*) filter (field = '{{ column }}') as {{ column }}_changes,
        count(*) filter (field = '{{ column }}' and new_value is not null)
            -- whom it was with before the first change that was told
            + coalesce(max(case when old_value is not null then 1 end) filter (
                field = '{{ column }}' and nth_of_field = 1
            ), 0) as {{ column }}_stations,
        {%- endfor %}
        -- a case that is said to be merged into itself goes on
        bool_or(field = 'merged_into_ref' and new_value <> case_id) as is_merged
    from (
        select
            *,
            row_number() over (
                partition by source, case_id, field order by changed_at, length(change_id), change_id
            ) as nth_of_field
        from changes
    ) as numbered
    group by source, case_id
),

told as (
    select
        cases.*,
        talked.* exclude (source, case_id),
        replied.* exclude (record_id),
        unanswered.waiting_since as unanswered_since,
        coalesce(moved.reopens, 0) as reopens,
        coalesce(cases.status in ('solved', 'closed'), false) as is_done,
        coalesce(cases.merged_into_ref <> cases.case_id, false) or coalesce(moved.is_merged, false) as is_merged,
        greatest(moved.last_solved_at, cases.solved_at) as last_solved_at,
        least(moved.first_solved_at, cases.solved_at) as first_solved_at,
        least(moved.first_closed_at, cases.closed_at) as first_closed_at,
        moved.first_changed_at,
        moved.first_reopened_at,
        {%- for column, stations in {'team_ref': 'group_stations', 'assignee_ref': 'assignee_stations'}.items() %}
        case
            when moved.{{ column }}_changes > 0 then moved.{{ column }}_stations
            when cases.{{ column }} is not null then 1
        end as {{ stations }},
        {%- endfor %}
        case when waited.is_told then waited.requester_wait_seconds end as requester_wait_seconds,
        case when waited.is_told then waited.agent_wait_seconds end as agent_wait_seconds,
        case when waited.is_told then waited.requester_waits_since end as requester_waits_since
    from cases
    left join talked using (source, case_id)
    left join unanswered using (source, case_id)
    left join moved using (source, case_id)
    left join replied on cases.record_id = replied.record_id
    left join waited on cases.record_id = waited.record_id
),

clocks as (
    select
        record_id,
        source,
        case_id,
        status,
        priority,
        topic,
        product,
        created_at,
        is_agent_created,
        is_merged,
        is_done,
        first_reply_at,
        -- who merges two cases solves neither
        case when not is_merged then coalesce(first_solved_at, first_closed_at) end as first_resolved_at,
        -- a case that was reopened since is not resolved
        case when is_done and not is_merged then coalesce(last_solved_at, first_closed_at) end as resolved_at,
        reopens,
        first_reopened_at,
        coalesce(next_replies, 0) as next_replies,
        next_reply_minutes,
        next_reply_mean_minutes,
        requester_wait_seconds,
        requester_waits_since,
        agent_wait_seconds,
        group_stations,
        assignee_stations,
        coalesce(public_messages, 0) as public_messages,
        coalesce(customer_messages, 0) as customer_messages,
        coalesce(agent_messages, 0) as agent_messages,
        case
            when is_done or is_merged or status in ('pending', 'on_hold') then null
            -- no messages are kept: the case itself is the unanswered one
            when public_messages is null and not is_agent_created then created_at
            else unanswered_since
        end as waiting_since,
        nullif(concat_ws('|',
            case when first_reply_at < created_at then 'replied_before_opening' end,
            case when least(first_solved_at, first_closed_at) < created_at then 'resolved_before_opening' end,
            case when first_changed_at < created_at then 'changed_before_opening' end,
            case when is_ahead then 'resolved_ahead' end
        ), '') as clock_findings,
        _seen_at as cases_seen_at,
        case_messages_seen_at,
        case_changes_seen_at
    from told
    left join case_messages_seen using (source, case_id)
    left join case_changes_seen using (source, case_id)
)

select {{ columns | join(', ') }}, {{ row_hash(columns) }} as row_hash
from clocks
{%- if is_incremental() %}
union all
select {{ only_deletes('record_id', columns) }}
from heard_cases
where is_deleted
{%- endif %}
