-- One row per event of any voice: who, when, where on the journey, what happened, whether it touched a customer.
{{ config(
    materialized='incremental', incremental_strategy='changes', unique_key='event_id', reads_feeds=true,
    feed=['customer_id', 'account_id'],
) }}
-- depends_on: {{ ref('int_pulse_groups') }}
{#- Of whose records an event is the record itself, and of whose something that happened to it. #}
{%- set own = ['stg_case_messages', 'stg_case_changes', 'stg_value_events', 'int_placed_voices'] %}
{%- set followed = {
    'survey_opened': ['stg_survey_invitations', 'int_placed_voices'],
    'review_answered': ['stg_reviews', 'int_placed_voices'],
} %}
{%- set news = read_feeds([
    ref('int_placed_voices'), ref('stg_case_messages'), ref('stg_case_changes'), ref('stg_value_events'),
    ref('stg_survey_invitations'), ref('stg_reviews'), ref('scores'), ref('comments'),
]) %}
{%- if news %}
    {%- set touched %}
        {%- for table in own %}
        select record_id as event_id from {{ news[table] }}
        union
        {%- endfor %}
        {%- for kind, tables in followed.items() %}
        {%- for table in tables %}
        select {{ hash_id(["'" ~ kind ~ "'", 'record_id']) }} from {{ news[table] }}
        union
        {%- endfor %}
        {%- endfor %}
        {%- for table in ['stg_case_messages', 'stg_case_changes'] %}
        select parts.record_id
        from {{ ref(table) }} as parts
        inner join ({{ few_voices(news.int_placed_voices, 'case') }}) as voices
            on parts.source = voices.source and parts.case_id = voices.case_id
        union
        {%- endfor %}
        select event_id from {{ this }} where case_id in (select record_id from {{ news.int_placed_voices }})
        union
        select voice_id from {{ news.scores }}
        union
        select voice_id from {{ news.comments }}
        union
        select comment_id from {{ news.comments }}
        union
        -- months of teams are few
        select event_id from {{ this }} where kind = 'team_pulse'
        union
        select {{ hash_id(["'team_pulse'", 'source', 'team_ref', 'month']) }} from {{ ref('int_pulse_groups') }}
    {%- endset %}
    {%- do temporary('touched_events', touched) %}
{%- endif %}
with happened as (
    select * from {{ ref('int_events') }}
),

scores as (
    select
        voice_id as event_id,
        {{ main_score('metric') }} as metric,
        {{ main_score('score') }} as score
    from {{ ref('scores') }}
    group by voice_id
),

comments as (
    select
        -- a message is a touch of its own and carries its own words
        case when kind = 'case message' then comment_id else voice_id end as event_id,
        min(comment_id) as comment_id
    from {{ ref('comments') }}
    group by 1
),

events as (
    select
        happened.*,
        scores.metric as metric,
        scores.score as score,
        comments.comment_id
    from happened
    left join scores using (event_id)
    left join comments using (event_id)
)

{{ changes('events', 'event_id', [
    'event_id', 'occurred_at', 'customer_id', 'account_id', 'team_ref', 'source', 'kind', 'is_touch', 'stage',
    'touchpoint', 'channel', 'segment', 'metric', 'score', 'comment_id', 'case_id', 'amount', 'currency',
], among='touched_events' if news) }}
