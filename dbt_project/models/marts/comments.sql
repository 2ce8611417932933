-- One row per verbatim of a customer, redacted.
{{ config(
    materialized='incremental', incremental_strategy='changes', unique_key='comment_id', reads_feeds=true,
    feed=['comment_id', 'voice_id'],
) }}
{%- set news = read_feeds(
    [
        ref('int_verbatims'), ref('int_placed_voices'), ref('scores'), ref('int_text_themes'),
        ref('stg_case_messages'),
    ],
    also="'texts " ~ env_var('EARFUL_PUBLISH_TEXTS', 'true') ~ "'",
) %}
{%- if news %}
    {%- set touched %}
        select record_id as comment_id from {{ news.int_verbatims }}
        union
        select comment_id
        from {{ this }}
        where voice_id in (select record_id from {{ news.int_placed_voices }} union select voice_id from {{ news.scores }})
        union
        -- of a review, a rating or a case the voice's own words
        select record_id from {{ news.int_placed_voices }}
        union
        select verbatims.record_id
        from {{ ref('int_verbatims') }} as verbatims
        inner join ({{ few_voices(news.int_placed_voices, 'survey_response') }}) as voices
            on verbatims.source = voices.source
            and verbatims.survey_id = voices.survey_id
            and verbatims.response_id = voices.native_ref
        union
        select verbatims.record_id
        from {{ ref('int_verbatims') }} as verbatims
        inner join ({{ few_voices(news.int_placed_voices, 'case') }}) as voices
            on verbatims.source = voices.source and verbatims.case_id = voices.native_ref
        union
        select record_id
        from {{ ref('int_verbatims') }}
        where text_id in (select text_id from {{ news.int_text_themes }})
        union
        -- where messages are kept, or are not any more
        select {{ hash_id(["'cases'", 'source', 'case_id']) }}
        from ({{ few_rows(ref('stg_case_messages'), ['record_id in (select record_id from ' ~ news.stg_case_messages ~ ')']) }})
            as messages
    {%- endset %}
    {%- do temporary('touched_comments', touched) %}
{%- endif %}
{#- Texts and voices are read by name: a CTE that is read again is written out with all its columns. #}
with scores as (
    select
        voice_id,
        {{ main_score('metric') }} as metric,
        {{ main_score('score') }} as score
    from {{ ref('scores') }}
    group by voice_id
),

messaged as (
    select distinct source, case_id
    from {{ ref('int_case_messages') }}
),

-- which voice each verbatim belongs to; one of a preview or a deleted case belongs to none
placed as (
    select verbatims.record_id, 'survey answer' as kind, voices.record_id as voice_id
    from {{ ref('int_verbatims') }} as verbatims
    inner join {{ ref('int_placed_voices') }} as voices
        on verbatims.source = voices.source
        and verbatims.survey_id = voices.survey_id
        and verbatims.response_id = voices.native_ref
    where verbatims.origin = 'survey_answers' and voices.voice = 'survey_response'

    union all

    select verbatims.record_id, 'case message', voices.record_id
    from {{ ref('int_verbatims') }} as verbatims
    inner join {{ ref('int_placed_voices') }} as voices on verbatims.source = voices.source and verbatims.case_id = voices.native_ref
    where verbatims.origin = 'case_messages' and voices.voice = 'case'

    union all

    select record_id, case origin when 'reviews' then 'review' else 'case rating' end, record_id
    from {{ ref('int_verbatims') }}
    where origin in ('reviews', 'case_ratings')

    union all

    -- the first words of a case, where no messages are kept
    select verbatims.record_id, 'case', verbatims.record_id
    from {{ ref('int_verbatims') }} as verbatims
    left join messaged using (source, case_id)
    where verbatims.origin = 'cases' and messaged.case_id is null
),

comments as (
    select
        placed.record_id as comment_id,
        coalesce(verbatims.written_at, voices.occurred_at) as commented_at,
        placed.kind,
        {{ 'verbatims.redacted_text' if env_var('EARFUL_PUBLISH_TEXTS', 'true') == 'true' else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as comment,
        -- a rule counts for what was written in its language, or in one that nobody told
        {{ themes_of('found.rules_found', 'voices.language') }} as themes,
        voices.language,
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
        placed.voice_id,
        {{ hash_id(["'cases'", 'voices.source', 'voices.case_id']) }} as case_id,
        voices.team_ref
    from placed
    inner join {{ ref('int_verbatims') }} as verbatims using (record_id)
    inner join {{ ref('int_placed_voices') }} as voices on placed.voice_id = voices.record_id
    left join scores on placed.voice_id = scores.voice_id
    left join {{ ref('int_text_themes') }} as found on verbatims.text_id = found.text_id
)

{{ changes('comments', 'comment_id', [
    'comment_id', 'commented_at', 'kind', 'comment', 'themes', 'language', 'metric', 'score', 'customer_id',
    'account_id', 'source', 'stage', 'touchpoint', 'channel', 'segment', 'survey_id', 'question_id',
    'voice_id', 'case_id', 'team_ref',
], among='touched_comments' if news) }}
