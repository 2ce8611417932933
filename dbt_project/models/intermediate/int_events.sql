-- One row per event: something that a customer did, said or got, or that happened to their case, at a moment.
{#- Only the events of records of which something is new are looked at. Voices are read by name: a CTE that is read
    again is written out with all its columns. -#}
{{ config(
    materialized='incremental', incremental_strategy='changes', unique_key='event_id', reads_feeds='row_hash',
    feed=['event_id', 'case_id'],
) }}
{%- set placed = ref('int_placed_voices') %}
{%- set parts = [ref('stg_case_messages'), ref('stg_case_changes')] %}
{%- set others = [ref('stg_value_events'), ref('stg_survey_invitations'), ref('stg_reviews')] %}
{%- set cases_told = ref('stg_cases') %}
{%- set news, few = read_feeds([placed, cases_told] + parts + others), {} %}
{%- if news %}
    {%- do temporary('touched_voices', 'select record_id from ' ~ news.int_placed_voices) %}
    {%- set cases = few_records([placed], 'touched_voices') %}
    {%- set touched %}
        select record_id from touched_voices
        {%- for table in parts + others + [cases_told] %}
        union
        select record_id from {{ news[table.identifier] }}
        {%- endfor %}
        -- what was said and done on a case is told of it
        union
        select event_id from {{ this }} where case_id in (select record_id from touched_voices)
        {%- for table in parts %}
        union
        select parts.record_id
        from {{ table }} as parts
        inner join {{ cases.int_placed_voices }} as cases on parts.source = cases.source and parts.case_id = cases.case_id
        where cases.voice = 'case'
        {%- endfor %}
    {%- endset %}
    {%- do temporary('touched_records', touched) %}
    {%- do few.update(few_records(parts + others, 'touched_records')) %}
    {%- set voices_of %}
        select record_id from touched_records
        {%- for table in parts %}
        union
        select {{ hash_id(["'cases'", 'source', 'case_id']) }} from {{ few[table.identifier] }}
        {%- endfor %}
    {%- endset %}
    {%- do temporary('touched_voices', voices_of) %}
    {%- do few.update(few_records([placed, cases_told], 'touched_voices')) %}
    {#- a record is an event, and something may have happened to it that is another; those of teams are few #}
    {%- set touched %}
        select record_id as event_id from touched_records
        {%- for kind in ['survey_opened', 'review_answered'] %}
        union
        select {{ hash_id(["'" ~ kind ~ "'", 'record_id']) }} from touched_records
        {%- endfor %}
        {%- for kind in ['case_solved', 'case_closed'] %}
        union
        select {{ hash_id(["'" ~ kind ~ "'", 'record_id']) }} from touched_voices
        {%- endfor %}
        union
        select {{ hash_id(["'team_pulse'", 'source', 'team_ref', 'month']) }} from {{ ref('int_pulse_groups') }}
        union
        select event_id from {{ this }} where kind = 'team_pulse'
    {%- endset %}
    {%- do temporary('touched_events', touched) %}
{%- endif %}
{%- set voices = few.get('int_placed_voices', placed) %}
with messages as (
    select * from {{ few.get('stg_case_messages', ref('stg_case_messages')) }}
    -- a private note touches no customer
    where not is_deleted and is_public and author_role in ('customer', 'agent')
),

changes as (
    select * from {{ few.get('stg_case_changes', ref('stg_case_changes')) }} where not is_deleted and field = 'status'
),

-- what a cancelled subscription or a use is worth nobody paid
payments as (
    select
        record_id,
        cast(case when event_type = 'refund' then -amount else amount end as decimal(18, 2)) as amount,
        currency
    from {{ few.get('stg_value_events', ref('stg_value_events')) }}
    where not is_deleted and {{ is_paid('event_type') }}
),

invitations as (
    select * from {{ few.get('stg_survey_invitations', ref('stg_survey_invitations')) }} where not is_deleted and opened_at is not null
),

-- what never arrived touched nobody
undelivered as (
    select record_id
    from {{ few.get('stg_survey_invitations', ref('stg_survey_invitations')) }}
    where not is_deleted and not {{ is_delivered() }}
),

reviews as (
    select * from {{ few.get('stg_reviews', ref('stg_reviews')) }} where not is_deleted and replied_at is not null
),

stages as (
    select touchpoint, min(stage) as stage
    from {{ ref('int_touchpoints') }}
    group by touchpoint
),

-- a team whose answers may be told of; which others were asked stays untold
pulses as (
    select distinct source, team_ref, month
    from {{ ref('int_pulse_groups') }}
    where not is_hidden and not is_total
),

spoken as (
    select
        voices.record_id as event_id,
        case voices.voice
            when 'survey_invitation' then case when undelivered.record_id is null then 'survey_invited' else 'survey_bounced' end
            when 'survey_response' then 'survey_answered'
            when 'case' then 'case_opened'
            when 'case_rating' then 'case_rated'
            when 'review' then 'review_written'
            else voices.voice
        end as kind,
        voices.* exclude (record_id, voice, kind),
        payments.amount,
        payments.currency
    from {{ voices }} as voices
    left join payments using (record_id)
    left join undelivered using (record_id)
),

written as (
    select
        messages.record_id as event_id,
        messages.author_role || '_message' as kind,
        case_voices.* exclude (record_id, voice, kind, channel, occurred_at),
        coalesce(messages.channel, case_voices.channel) as channel,
        messages.created_at as occurred_at
    from messages
    inner join {{ voices }} as case_voices using (source, case_id)
    where case_voices.voice = 'case'
),

moved as (
    select
        changes.record_id as event_id,
        case
            when changes.new_value in ('solved', 'closed') then 'case_' || changes.new_value
            when changes.old_value in ('solved', 'closed') then 'case_reopened'
            else 'case_' || changes.new_value
        end as kind,
        case_voices.* exclude (record_id, voice, kind, occurred_at),
        changes.changed_at as occurred_at
    from changes
    inner join {{ voices }} as case_voices using (source, case_id)
    -- the state that a case is born with is its opening
    where case_voices.voice = 'case'
        and (
            changes.new_value in ('solved', 'closed')
            or (changes.old_value is not null and changes.new_value in ('new', 'open', 'pending', 'on_hold'))
        )
),

-- a case of whose solution no change tells says itself when it was; a time that lies ahead is none
stated as (
    select
        record_id,
        case when solved_at is not null then 'case_solved' else 'case_closed' end as kind,
        coalesce(solved_at, closed_at) as occurred_at
    from {{ few.get('stg_cases', cases_told) }}
    where not is_deleted
        and {{ is_past('coalesce(solved_at, closed_at)') }}
        and record_id not in (select record_id from {{ ref('int_case_states') }} where status in ('solved', 'closed'))
),

ended as (
    select
        {{ hash_id(['stated.kind', 'stated.record_id']) }} as event_id,
        stated.kind,
        voices.* exclude (record_id, voice, kind, occurred_at),
        stated.occurred_at
    from {{ voices }} as voices
    inner join stated using (record_id)
    where voices.voice = 'case'
),

opened as (
    select
        {{ hash_id(["'survey_opened'", 'voices.record_id']) }} as event_id,
        'survey_opened' as kind,
        voices.* exclude (record_id, voice, kind, occurred_at),
        invitations.opened_at as occurred_at
    from {{ voices }} as voices
    inner join invitations using (record_id)
),

replied as (
    select
        {{ hash_id(["'review_answered'", 'voices.record_id']) }} as event_id,
        'review_answered' as kind,
        voices.* exclude (record_id, voice, kind, occurred_at),
        reviews.replied_at as occurred_at
    from {{ voices }} as voices
    inner join reviews using (record_id)
),

held as (
    select
        {{ hash_id(["'team_pulse'", 'pulses.source', 'pulses.team_ref', 'pulses.month']) }} as event_id,
        'team_pulse' as kind,
        pulses.source,
        pulses.team_ref,
        'unknown' as channel,
        'unknown' as segment,
        coalesce(stages.stage, 'unmapped') as stage,
        coalesce(teams.touchpoint, 'unmapped') as touchpoint,
        cast(pulses.month as timestamp) as occurred_at
    from pulses
    left join {{ ref('int_teams') }} as teams using (source, team_ref)
    left join stages on teams.touchpoint = stages.touchpoint
),

all_events as (
    {%- for part in ['spoken', 'written', 'moved', 'ended', 'opened', 'replied', 'held'] %}
    select * from {{ part }}
    {{ 'union all by name' if not loop.last }}
    {%- endfor %}
),

events as (
    select
        all_events.event_id,
        all_events.occurred_at,
        all_events.customer_id,
        all_events.account_id,
        all_events.team_ref,
        all_events.source,
        all_events.kind,
        {{ is_touch('all_events.kind') }} as is_touch,
        all_events.stage,
        all_events.touchpoint,
        all_events.channel,
        all_events.segment,
        {{ hash_id(["'cases'", 'all_events.source', 'all_events.case_id']) }} as case_id,
        all_events.amount,
        all_events.currency
    from all_events
)

{{ changes('events', 'event_id', [
    'event_id', 'occurred_at', 'customer_id', 'account_id', 'team_ref', 'source', 'kind', 'is_touch', 'stage',
    'touchpoint', 'channel', 'segment', 'case_id', 'amount', 'currency',
], among='touched_events' if news) }}
