-- One row per scored answer of a customer.
{{ config(
    materialized='incremental', incremental_strategy='changes', unique_key='score_id', reads_feeds='row_hash',
    feed=['score_id', 'voice_id', 'case_id', 'customer_id', 'account_id'],
) }}
{%- set news = read_feeds([ref('int_scores')]) %}
with scores as (
    select
        * exclude (native_ref, case_id),
        {{ published_ref('native_ref') }} as voice_ref,
        {{ hash_id(["'cases'", 'source', 'case_id']) }} as case_id
    from {{ ref('int_scores') }}
    -- employees are published in groups only, in team_pulse and metrics
    where kind <> 'pulse'
        {%- if news %}
        and score_id in (select score_id from {{ news.int_scores }})
        {%- endif %}
)

{{ changes('scores', 'score_id', [
    'score_id', 'scored_at', 'metric', 'score', 'scale_min', 'scale_max', 'is_top_box', 'nps_group',
    'method_version', 'customer_id', 'account_id', 'source', 'kind', 'stage', 'touchpoint', 'channel',
    'segment', 'survey_id', 'question_id', 'item_id', 'voice_id', 'voice_ref', 'case_id', 'team_ref',
], among=news.int_scores if news) }}
