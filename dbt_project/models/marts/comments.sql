-- One row per verbatim of a customer, redacted.
{{ config(materialized='incremental', incremental_strategy='changes', unique_key='comment_id') }}
with verbatims as (
    select * from {{ ref('int_verbatims') }}
),

texts as (
    select * from {{ ref('int_texts') }}
),

voices as (
    select * from {{ ref('int_placed_voices') }}
),

events as (
    select event_id, metric, score from {{ ref('journey_events') }}
),

comments as (
    select
        verbatims.record_id as comment_id,
        coalesce(verbatims.written_at, voices.occurred_at) as commented_at,
        verbatims.kind,
        texts.redacted_text as comment,
        voices.language,
        events.metric,
        events.score,
        voices.customer_id,
        voices.account_id,
        voices.source,
        voices.stage,
        voices.touchpoint,
        voices.channel,
        voices.segment,
        voices.survey_id,
        verbatims.question_id,
        {{ hash_id(["'cases'", 'voices.source', 'voices.case_id']) }} as case_id,
        voices.team_ref
    from verbatims
    inner join texts using (text_hash)
    inner join voices on verbatims.voice_id = voices.record_id
    left join events on verbatims.voice_id = events.event_id
)

{{ changes('comments', 'comment_id', [
    'comment_id', 'commented_at', 'kind', 'comment', 'language', 'metric', 'score', 'customer_id',
    'account_id', 'source', 'stage', 'touchpoint', 'channel', 'segment', 'survey_id', 'question_id',
    'case_id', 'team_ref',
]) }}
