-- One row per invitation that arrived: to whom, where, and whether it was answered.
{{ config(materialized='incremental', incremental_strategy='changes', unique_key='invitation_id', feed=['invitation_id']) }}
with invitations as (
    select * from {{ ref('int_rates') }}
)

{{ changes('invitations', 'invitation_id', [
    'invitation_id', 'sent_at', 'is_completed', 'customer_id', 'account_id', 'source', 'stage', 'touchpoint',
    'channel', 'segment', 'survey_id',
]) }}
