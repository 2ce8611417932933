-- One row per touch of any voice with a customer: who, when, where on the journey, what happened.
{{ config(materialized='incremental', incremental_strategy='changes', unique_key='event_id') }}
with events as (
    select * from {{ ref('int_events') }}
)

{{ changes('events', 'event_id', [
    'event_id', 'occurred_at', 'customer_id', 'account_id', 'team_ref', 'source', 'kind', 'stage',
    'touchpoint', 'channel', 'segment', 'metric', 'score', 'comment_id', 'case_id', 'amount', 'currency',
]) }}
