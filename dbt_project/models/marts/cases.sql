-- One row per case: how fast it was answered and solved, how often it came back, who waited and who waits now.
{#- A case is told anew if it, its voice, its working time or its rating is not what it was, if another of its
    customer's is not, or if time alone says more of it: the days are past in which they might have come back. -#}
{{ config(
    materialized='incremental', incremental_strategy='changes', unique_key='case_id', reads_feeds='row_hash',
    feed=['case_id'],
) }}
{%- set heard = heard_of_sources() %}
{%- set placed, made_of = ref('int_placed_voices'), [ref('int_case_clocks'), ref('int_business_stretches')] %}
{%- set names_of_teams -%} (select source, team_ref, name from {{ ref('int_teams') }}) {%- endset %}
{%- set news = read_feeds(made_of + [placed, ref('scores')], beside=[names_of_teams]) %}
{%- set few = {} %}
{%- if news %}
    {%- set touched %}
        with heard as (
            {{ heard }}
        )

        {%- for table in made_of + [placed] %}

        select record_id from {{ news[table.identifier] }}
        union
        {%- endfor %}
        select case_id from {{ news.scores }}
        union
        select cases.case_id
        from {{ this }} as cases
        inner join heard on cases.source = heard.source
        where not cases.is_merged
            and cases.customer_id is not null
            and (cases.is_first_contact_resolution is not null)
            <> (heard.last_at >= cases.first_resolved_at + interval {{ var('fcr_days') }} day)
    {%- endset %}
    {%- do temporary('touched_records', touched) %}
    {%- set customers %}
        select customer_id from {{ this }} where case_id in (select record_id from touched_records)
        union
        select customer_id
        from {{ placed }}
        where voice = 'case' and record_id in (select record_id from touched_records)
    {%- endset %}
    {%- do temporary('touched_customers', customers) %}
    {%- set theirs %}
        select record_id from touched_records
        union
        select record_id
        from {{ placed }}
        where voice = 'case' and customer_id in (select customer_id from touched_customers)
    {%- endset %}
    {%- do temporary('touched_cases', 'select record_id as case_id from (' ~ theirs ~ ')') %}
    {%- do temporary('touched_records', 'select case_id as record_id from touched_cases') %}
    {%- do few.update(few_records([placed], 'touched_records')) %}
{%- endif %}
{%- set theirs = 'where record_id in (select record_id from touched_records)' if news else '' %}
with cases as (
    select * from {{ ref('int_case_clocks') }} {{ theirs }}
),

voices as (
    select * from {{ few.get('int_placed_voices', placed) }} where voice = 'case'
),

ratings as (
    select
        case_id,
        max_by(score, struct_pack(at := scored_at, id := score_id)) as csat,
        max_by(is_top_box, struct_pack(at := scored_at, id := score_id)) as is_satisfied
    from {{ ref('scores') }}
    where kind = 'case'
        {%- if news %}
        and case_id in (select record_id from touched_records)
        {%- endif %}
    group by case_id
),

-- until when anything was heard of a source: whether somebody came back is not known beyond
heard as (
    {{ heard }}
),

-- who was merged into another case is no contact of its own
contacts as (
    select
        voices.record_id,
        lead(voices.occurred_at) over (
            partition by voices.customer_id, cases.topic order by voices.occurred_at, voices.record_id
        ) as next_contact_at
    from voices
    inner join cases using (record_id)
    where voices.customer_id is not null and not cases.is_merged
),

business as (
    select
        record_id,
        max(calendar) filter (clock = 'first_reply') as calendar,
        {%- for clock in ['first_reply', 'first_resolution', 'resolution', 'requester_wait', 'agent_wait'] %}
        case when count(*) filter (clock = '{{ clock }}' and is_over and ended_worked is null) = 0 then
            sum(case when ended_at >= began_at then ended_worked - began_worked end) filter (
                clock = '{{ clock }}' and is_over
            ) / 60.0
        end as business_{{ clock }}_minutes{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_business_stretches') }} {{ theirs }}
    group by record_id
),

told as (
    select
        cases.record_id as case_id,
        cases.source,
        {{ published_ref('cases.case_id') }} as case_ref,
        voices.customer_id,
        voices.account_id,
        voices.team_ref,
        teams.name as team_name,
        cases.status,
        cases.priority,
        cases.topic,
        cases.product,
        voices.stage,
        voices.touchpoint,
        voices.channel,
        voices.segment,
        cases.created_at,
        cases.is_agent_created,
        cases.is_merged,
        business.calendar,
        cases.first_reply_at,
        {{ minutes_between('cases.created_at', 'cases.first_reply_at') }} as first_reply_minutes,
        business.business_first_reply_minutes,
        cases.first_reply_at is null and not cases.is_merged as first_reply_is_censored,
        cases.next_replies,
        cases.next_reply_minutes,
        cases.next_reply_mean_minutes,
        cases.first_resolved_at,
        {{ minutes_between('cases.created_at', 'cases.first_resolved_at') }} as first_resolution_minutes,
        business.business_first_resolution_minutes,
        cases.resolved_at,
        {{ minutes_between('cases.created_at', 'cases.resolved_at') }} as resolution_minutes,
        business.business_resolution_minutes,
        cases.resolved_at is null and not cases.is_merged as resolution_is_censored,
        cases.requester_wait_seconds / 60.0 as requester_wait_minutes,
        {{ business_wait('requester_wait') }},
        cases.agent_wait_seconds / 60.0 as agent_wait_minutes,
        {{ business_wait('agent_wait') }},
        not cases.is_done as waits_are_censored,
        cases.reopens,
        cases.reopens > 0 as is_reopened,
        case when cases.is_done and not cases.is_merged and cases.public_messages > 0 then
            cases.agent_messages = 1 and cases.reopens = 0
        end as is_one_touch,
        -- judged when its window has closed, whatever is known before: who comes back is known at once, who
        -- does not only then, and rates of recent cases would be made of the former
        case when not cases.is_merged and voices.customer_id is not null
            and heard.last_at >= cases.first_resolved_at + interval {{ var('fcr_days') }} day
        then
            coalesce(cases.first_reopened_at > cases.first_resolved_at + interval {{ var('fcr_days') }} day, true)
            and coalesce(contacts.next_contact_at > cases.first_resolved_at + interval {{ var('fcr_days') }} day, true)
        end as is_first_contact_resolution,
        cases.group_stations,
        cases.assignee_stations,
        cases.public_messages,
        cases.customer_messages,
        cases.agent_messages,
        cases.waiting_since is not null as is_waiting,
        cases.waiting_since,
        cases.clock_findings,
        ratings.csat,
        ratings.is_satisfied
    from cases
    inner join voices using (record_id)
    inner join heard on cases.source = heard.source
    left join contacts on cases.record_id = contacts.record_id
    left join business on cases.record_id = business.record_id
    left join ratings on cases.record_id = ratings.case_id
    left join {{ ref('int_teams') }} as teams on voices.source = teams.source and voices.team_ref = teams.team_ref
)

{{ changes('told', 'case_id', [
    'case_id', 'source', 'case_ref', 'customer_id', 'account_id', 'team_ref', 'team_name', 'status', 'priority',
    'topic', 'product', 'stage', 'touchpoint', 'channel', 'segment', 'created_at', 'is_agent_created', 'is_merged',
    'calendar', 'first_reply_at', 'first_reply_minutes', 'business_first_reply_minutes', 'first_reply_is_censored',
    'next_replies', 'next_reply_minutes', 'next_reply_mean_minutes', 'first_resolved_at', 'first_resolution_minutes',
    'business_first_resolution_minutes', 'resolved_at', 'resolution_minutes', 'business_resolution_minutes',
    'resolution_is_censored', 'requester_wait_minutes', 'business_requester_wait_minutes', 'agent_wait_minutes',
    'business_agent_wait_minutes', 'waits_are_censored', 'reopens', 'is_reopened', 'is_one_touch',
    'is_first_contact_resolution', 'group_stations', 'assignee_stations', 'public_messages', 'customer_messages',
    'agent_messages', 'is_waiting', 'waiting_since', 'clock_findings', 'csat', 'is_satisfied',
], among='touched_cases' if news) }}
