-- One row per time that a customer asked on a case and waited for a reply.
{#- The first turn begins with the case. Later ones begin with the customer's first message after a
    reply: who writes three times in a row asked once. -#}
{{ config(materialized='incremental', incremental_strategy='changes', unique_key='record_id') }}
{%- set parts = ['cases', 'case_messages'] %}
{%- set columns = [
    'record_id', 'source', 'case_id', 'nth', 'is_agent_created', 'asked_at', 'answered_at',
    'cases_seen_at', 'case_messages_seen_at',
] %}
{%- do read_touched_cases(parts) %}
with heard_cases as (
    {{ heard_of_cases('cases') }}
),

heard_case_messages as (
    {{ heard_of_cases('case_messages') }}
),

messages_seen as (
    select source, case_id, max(_seen_at) as case_messages_seen_at
    from heard_case_messages
    group by source, case_id
),

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
    from heard_case_messages
    where not is_deleted and is_public and author_role in ('customer', 'agent')
),

first_said as (
    select source, case_id, min(author_role) filter (nth = 1) as first_author
    from talk
    group by source, case_id
),

cases as (
    select
        heard_cases.record_id,
        heard_cases.source,
        heard_cases.case_id,
        heard_cases.created_at,
        heard_cases._seen_at as cases_seen_at,
        -- who opened it, if nobody says: who spoke first; and where the customer did, whoever opened it
        -- for them has asked nothing yet (merging a customer also makes the opener look like somebody else)
        coalesce(heard_cases.opened_by, first_said.first_author, 'customer') = 'agent'
            and coalesce(first_said.first_author, 'agent') = 'agent' as is_agent_created
    from heard_cases
    left join first_said using (source, case_id)
    where not heard_cases.is_deleted
),

-- an agent's own first message is the question, not the answer
first_replies as (
    select talk.source, talk.case_id, talk.nth, talk.created_at
    from talk
    inner join cases using (source, case_id)
    where talk.author_role = 'agent'
        and talk.nth_of_role = case when cases.is_agent_created then 2 else 1 end
),

later_talk as (
    select
        talk.source,
        talk.case_id,
        talk.nth,
        talk.author_role,
        talk.created_at,
        lag(talk.author_role) over (in_case order by talk.nth) as said_before_by,
        min(case when talk.author_role = 'agent' then talk.created_at end) over (
            in_case order by talk.nth rows between 1 following and unbounded following
        ) as answered_at
    from talk
    inner join first_replies on talk.source = first_replies.source and talk.case_id = first_replies.case_id
    where talk.nth >= first_replies.nth
    window in_case as (partition by talk.source, talk.case_id)
),

turns as (
    select cases.source, cases.case_id, 0 as place, cases.created_at as asked_at, first_replies.created_at as answered_at
    from cases
    left join first_replies using (source, case_id)
    union all
    select source, case_id, nth, created_at, answered_at
    from later_talk
    where author_role = 'customer' and said_before_by = 'agent'
),

numbered as (
    select
        cases.record_id,
        cases.source,
        cases.case_id,
        row_number() over (partition by turns.source, turns.case_id order by turns.place) as nth,
        cases.is_agent_created,
        turns.asked_at,
        turns.answered_at,
        cases.cases_seen_at,
        messages_seen.case_messages_seen_at
    from turns
    inner join cases using (source, case_id)
    left join messages_seen using (source, case_id)
)

select {{ columns | join(', ') }}, {{ row_hash(columns) }} as row_hash
from numbered
{%- if is_incremental() %}
union all
select {{ only_deletes('record_id', columns) }}
from heard_cases
where is_deleted
{%- endif %}
