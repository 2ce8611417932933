-- One row per scored answer of a customer.
{{ config(
    materialized='incremental', incremental_strategy='changes', unique_key='score_id', reads_feeds=true,
    feed=['score_id', 'voice_id', 'customer_id', 'account_id'],
) }}
{%- set sources = [ref('stg_survey_answers'), ref('stg_case_ratings'), ref('stg_reviews')] %}
{%- set news = read_feeds(sources + [ref('int_placed_voices')], beside=[ref('int_question_map')]) %}
{%- if news %}
    {%- set touched %}
        {%- for source in sources %}
        select record_id as score_id from {{ news[source.identifier] }}
        union
        {%- endfor %}
        -- of a review or a rating the score is the voice's own
        select record_id from {{ news.int_placed_voices }}
        union
        select score_id from {{ this }} where voice_id in (select record_id from {{ news.int_placed_voices }})
        union
        select answers.record_id
        from {{ ref('stg_survey_answers') }} as answers
        inner join ({{ few_voices(news.int_placed_voices, 'survey_response') }}) as voices
            on answers.source = voices.source
            and answers.survey_id = voices.survey_id
            and answers.response_id = voices.native_ref
    {%- endset %}
    {%- do temporary('touched_scores', touched) %}
{%- endif %}
with scores as (
    select
        * exclude (native_ref, case_id),
        {{ published_ref('native_ref') }} as voice_ref,
        {{ hash_id(["'cases'", 'source', 'case_id']) }} as case_id
    from {{ ref('int_scores') }}
    -- employees are published in groups only, in team_pulse and metrics
    where kind <> 'pulse'
)

{{ changes('scores', 'score_id', [
    'score_id', 'scored_at', 'metric', 'score', 'scale_min', 'scale_max', 'is_top_box', 'nps_group',
    'method_version', 'customer_id', 'account_id', 'source', 'kind', 'stage', 'touchpoint', 'channel',
    'segment', 'survey_id', 'question_id', 'item_id', 'voice_id', 'voice_ref', 'case_id', 'team_ref',
], among='touched_scores' if news) }}
