-- One row per case: when it was answered, solved, reopened, and who waits for whom.
{#- A case depends on what was said and done on it alone: an increment tells those cases anew of
    which something was heard since. -#}
{{ config(materialized='incremental', incremental_strategy='changes', unique_key='record_id') }}
{%- set parts = ['cases', 'case_messages', 'case_changes'] %}
{%- set columns = [
    'record_id', 'source', 'case_id', 'status', 'priority', 'topic', 'product', 'created_at',
    'is_agent_created', 'is_done', 'first_reply_at', 'resolved_at', 'reopens', 'public_messages',
    'customer_messages', 'agent_messages', 'waiting_since', 'cases_seen_at', 'case_messages_seen_at',
    'case_changes_seen_at',
] %}
with
{%- if is_incremental() %}
touched as (
    {%- for part in parts %}
    select source, case_id
    from {{ ref('stg_' ~ part) }}
    where _seen_at > (select coalesce(max({{ part }}_seen_at), timestamp '0001-01-01') from {{ this }})
    {{ 'union' if not loop.last }}
    {%- endfor %}
),
{%- endif %}

-- tombstones included: what was heard is heard
{%- for part in parts %}

heard_{{ part }} as (
    select stg.*
    from {{ ref('stg_' ~ part) }} as stg
    {%- if is_incremental() %}
    inner join touched on stg.source = touched.source and stg.case_id = touched.case_id
    {%- endif %}
),
{%- endfor %}

cases as (
    select * from heard_cases where not is_deleted
),

messages as (
    select * from heard_case_messages where not is_deleted
),

changes as (
    select * from heard_case_changes where not is_deleted and field = 'status'
),
{%- for part in parts[1:] %}

{{ part }}_seen as (
    select source, case_id, max(_seen_at) as {{ part }}_seen_at
    from heard_{{ part }}
    group by source, case_id
),
{%- endfor %}

-- what the customer can read; a private note answers nobody
talk as (
    select
        source,
        case_id,
        author_role,
        created_at,
        row_number() over (
            partition by source, case_id, author_role order by created_at, message_id
        ) as nth_of_role,
        row_number() over (partition by source, case_id order by created_at, message_id) as nth
    from messages
    where is_public and author_role in ('customer', 'agent')
),

talked as (
    select
        source,
        case_id,
        count(*) as public_messages,
        count(*) filter (author_role = 'customer') as customer_messages,
        count(*) filter (author_role = 'agent') as agent_messages,
        min(author_role) filter (nth = 1) as first_author,
        min(created_at) filter (author_role = 'agent' and nth_of_role = 1) as first_agent_at,
        min(created_at) filter (author_role = 'agent' and nth_of_role = 2) as second_agent_at,
        max(created_at) filter (author_role = 'agent') as last_agent_at,
        max(created_at) filter (author_role = 'customer') as last_customer_at
    from talk
    group by source, case_id
),

-- the customer's first message that nobody has answered yet
unanswered as (
    select talk.source, talk.case_id, min(talk.created_at) as waiting_since
    from talk
    inner join talked using (source, case_id)
    where talk.author_role = 'customer'
        and talk.created_at > coalesce(talked.last_agent_at, timestamp '0001-01-01')
    group by talk.source, talk.case_id
),

moved as (
    select
        source,
        case_id,
        max(changed_at) filter (new_value = 'solved') as last_solved_at,
        min(changed_at) filter (new_value = 'closed') as first_closed_at,
        count(*) filter (
            old_value in ('solved', 'closed') and new_value in ('new', 'open', 'pending', 'on_hold')
        ) as reopens
    from changes
    group by source, case_id
),

told as (
    select
        cases.*,
        talked.* exclude (source, case_id),
        unanswered.waiting_since as unanswered_since,
        coalesce(moved.reopens, 0) as reopens,
        coalesce(cases.status in ('solved', 'closed'), false) as is_done,
        -- who opened it, if nobody says: who spoke first
        coalesce(cases.opened_by, talked.first_author, 'customer') = 'agent' as is_agent_created,
        greatest(moved.last_solved_at, cases.solved_at) as last_solved_at,
        least(moved.first_closed_at, cases.closed_at) as first_closed_at
    from cases
    left join talked using (source, case_id)
    left join unanswered using (source, case_id)
    left join moved using (source, case_id)
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
        is_done,
        -- an agent's own first message is the question, not the answer
        case when is_agent_created then second_agent_at else first_agent_at end as first_reply_at,
        -- a case that was reopened since is not resolved
        case when is_done then coalesce(last_solved_at, first_closed_at) end as resolved_at,
        reopens,
        coalesce(public_messages, 0) as public_messages,
        coalesce(customer_messages, 0) as customer_messages,
        coalesce(agent_messages, 0) as agent_messages,
        case
            when is_done or status in ('pending', 'on_hold') then null
            -- no messages are kept: the case itself is the unanswered one
            when public_messages is null and not is_agent_created then created_at
            else unanswered_since
        end as waiting_since,
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
