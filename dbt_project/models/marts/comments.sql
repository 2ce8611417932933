-- One row per verbatim of a customer, redacted.
{{ config(
    materialized='incremental', incremental_strategy='changes', unique_key='comment_id', reads_feeds='row_hash',
    feed=['comment_id', 'voice_id', 'customer_id'],
) }}
{%- set written, placed, themes = ref('int_verbatims'), ref('int_placed_voices'), ref('int_text_themes') %}
{%- set news = read_feeds(
    [written, placed, themes, ref('scores'), ref('int_events')],
    also="'texts " ~ env_var('EARFUL_PUBLISH_TEXTS', 'true') ~ "'",
) %}
{%- set few = {} %}
{%- if news %}
    {%- do temporary('touched_voices', 'select record_id from ' ~ news.int_placed_voices) %}
    {%- set touched %}
        select record_id from {{ news.int_verbatims }}
        union
        select record_id from {{ written }} where voice_id in (select record_id from touched_voices)
        union
        select record_id from {{ written }} where text_id in (select text_id from {{ news.int_text_themes }})
        union
        select comment_id from {{ this }} where voice_id in (select voice_id from {{ news.scores }})
        union
        -- whether anything but its first words is kept of a case
        select case_id from {{ news.int_events }}
    {%- endset %}
    {%- do temporary('touched_records', touched) %}
    {%- do few.update(few_records([written], 'touched_records')) %}
    {%- do temporary('touched_voices', 'select voice_id as record_id from ' ~ few.int_verbatims) %}
    {%- do few.update(few_records([placed], 'touched_voices')) %}
    {%- do temporary('touched_comments', 'select record_id as comment_id from touched_records') %}
{%- endif %}
{%- set verbatims, voices = few.get('int_verbatims', written), few.get('int_placed_voices', placed) %}
with scores as (
    select
        voice_id,
        {{ main_score('metric') }} as metric,
        {{ main_score('score') }} as score
    from {{ ref('scores') }}
    {{ 'where voice_id in (select record_id from touched_voices)' if news }}
    group by voice_id
),

messaged as (
    select distinct case_id
    from {{ ref('int_events') }}
    where kind in ('customer_message', 'agent_message')
        {%- if news %}
        and case_id in (select record_id from touched_records)
        {%- endif %}
),

found as (
    select * from {{ themes }}
    {%- if news %}
    where text_id in (select text_id from {{ verbatims }})
    {%- endif %}
),

comments as (
    select
        verbatims.record_id as comment_id,
        coalesce(verbatims.written_at, voices.occurred_at) as commented_at,
        case verbatims.origin
            when 'survey_answers' then 'survey answer'
            when 'case_messages' then 'case message'
            when 'case_ratings' then 'case rating'
            when 'reviews' then 'review'
            else 'case'
        end as kind,
        {{ 'verbatims.redacted_text' if env_var('EARFUL_PUBLISH_TEXTS', 'true') == 'true' else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as comment,
        -- a rule counts for what was written in its language, or in one that nobody told
        {{ themes_of('found.rules_found', 'voices.language') }} as themes,
        voices.language,
        verbatims.sentiment,
        scores.metric as metric,
        scores.score as score,
        voices.customer_id,
        voices.account_id,
        voices.source,
        voices.stage,
        voices.touchpoint,
        voices.channel,
        voices.segment,
        voices.survey_id,
        verbatims.question_id,
        verbatims.voice_id,
        {{ hash_id(["'cases'", 'voices.source', 'voices.case_id']) }} as case_id,
        voices.team_ref
    from {{ verbatims }} as verbatims
    -- what belongs to a preview or a deleted case belongs to nobody
    inner join {{ voices }} as voices on verbatims.voice_id = voices.record_id
    left join scores on verbatims.voice_id = scores.voice_id
    left join messaged on verbatims.record_id = messaged.case_id
    left join found on verbatims.text_id = found.text_id
    -- the first words of a case, where nothing that was written on it later is kept
    where verbatims.origin <> 'cases' or messaged.case_id is null
)

{{ changes('comments', 'comment_id', [
    'comment_id', 'commented_at', 'kind', 'comment', 'themes', 'language', 'sentiment', 'metric', 'score', 'customer_id',
    'account_id', 'source', 'stage', 'touchpoint', 'channel', 'segment', 'survey_id', 'question_id',
    'voice_id', 'case_id', 'team_ref',
], among='touched_comments' if news) }}
