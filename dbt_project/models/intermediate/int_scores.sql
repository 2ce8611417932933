-- One row per scored answer of a customer or an employee.
{#- Only answers of which something is new are looked at, or of whose voice. Voices are read by name: a CTE that is
    read twice is written out with all its columns. -#}
{{ config(
    materialized='incremental', incremental_strategy='changes', unique_key='score_id', reads_feeds='row_hash',
    feed=['score_id'],
) }}
{%- set placed, answers = ref('int_placed_voices'), ref('stg_survey_answers') %}
{%- set own = [ref('stg_case_ratings'), ref('stg_reviews'), ref('stg_pulse_answers')] %}
{%- set touchpoints_of_teams -%} (select source, team_ref, touchpoint from {{ ref('int_teams') }}) {%- endset %}
{%- set news = read_feeds([placed, answers] + own, beside=[ref('int_question_map'), touchpoints_of_teams]) %}
{%- set few = {} %}
{%- if news %}
    {%- do temporary('touched_voices', 'select record_id from ' ~ news.int_placed_voices) %}
    {%- set responses = few_records([placed], 'touched_voices') %}
    {%- set touched %}
        {%- for table in own + [answers] %}
        select record_id from {{ news[table.identifier] }}
        union
        {%- endfor %}
        select score_id from {{ this }} where voice_id in (select record_id from touched_voices)
        union
        select answers.record_id
        from {{ answers }} as answers
        inner join {{ responses.int_placed_voices }} as responses
            on answers.source = responses.source
            and answers.survey_id = responses.survey_id
            and answers.response_id = responses.native_ref
        where responses.voice = 'survey_response'
    {%- endset %}
    {%- do temporary('touched_records', touched) %}
    {%- do few.update(few_records(own + [answers], 'touched_records')) %}
    {%- set voices_of %}
        select record_id from touched_records
        union
        select {{ hash_id(["'survey_responses'", 'source', 'survey_id', 'response_id']) }}
        from {{ few.stg_survey_answers }}
    {%- endset %}
    {%- do temporary('touched_voices', voices_of) %}
    {%- do few.update(few_records([placed], 'touched_voices')) %}
    {%- do temporary('touched_scores', 'select record_id as score_id from touched_records') %}
{%- endif %}
{%- set voices = few.get('int_placed_voices', placed) %}
with answers as (
    select * from {{ few.get('stg_survey_answers', ref('stg_survey_answers')) }} where not is_deleted
),

ratings as (
    select * from {{ few.get('stg_case_ratings', ref('stg_case_ratings')) }} where not is_deleted
),

reviews as (
    select * from {{ few.get('stg_reviews', ref('stg_reviews')) }} where not is_deleted
),

pulses as (
    select * from {{ few.get('stg_pulse_answers', ref('stg_pulse_answers')) }} where not is_deleted
),

teams as (
    select * from {{ ref('int_teams') }}
),

-- texts that are made once a question, not once an answer
questions as (
    select
        *,
        {{ question_top_box() }} as top_from,
        coalesce(reversed, false) as is_reversed,
        {{ question_version() }} as method_version
    from {{ ref('int_question_map') }}
),

surveyed as (
    select
        answers.record_id as score_id,
        'survey' as kind,
        answers.source,
        voices.customer_id,
        voices.account_id,
        voices.native_ref,
        answers.survey_id,
        answers.question_id,
        answers.item_id,
        voices.record_id as voice_id,
        null as case_id,
        null as team_ref,
        coalesce(answers.value_number, try_cast(answers.value_choice as double)) as answer,
        voices.channel,
        voices.segment,
        voices.touchpoint as voice_touchpoint,
        voices.stage,
        coalesce(answers.answered_at, voices.occurred_at) as scored_at
    from answers
    inner join {{ voices }} as voices
        on voices.voice = 'survey_response'
        and answers.source = voices.source
        and answers.survey_id = voices.survey_id
        and answers.response_id = voices.native_ref
),

pulsed as (
    select
        pulses.record_id as score_id,
        'pulse' as kind,
        pulses.source,
        null as customer_id,
        null as account_id,
        null as native_ref,
        pulses.pulse_id as survey_id,
        pulses.question_id,
        '' as item_id,
        pulses.record_id as voice_id,
        null as case_id,
        pulses.team_ref,
        coalesce(pulses.value_number, try_cast(pulses.value_choice as double)) as answer,
        'unknown' as channel,
        coalesce(pulses.segment, 'unknown') as segment,
        coalesce(teams.touchpoint, 'unmapped') as voice_touchpoint,
        'unmapped' as stage,
        pulses.answered_at as scored_at
    from pulses
    left join teams using (source, team_ref)
),

asked as (
    select * from surveyed
    union all
    select * from pulsed
),

mapped as (
    select
        asked.* exclude (voice_touchpoint),
        coalesce(questions.touchpoint, asked.voice_touchpoint) as touchpoint,
        questions.metric,
        questions.scale_min,
        questions.scale_max,
        questions.top_from,
        questions.is_reversed,
        questions.method_version
    from asked
    -- inner: an unmapped question is reported in questions_to_map, not scored by guess
    inner join questions
        on asked.source = questions.source
        and asked.survey_id = questions.survey_id
        and asked.question_id = questions.question_id
        and asked.item_id = questions.item_id
        and asked.scored_at >= coalesce(questions.valid_from, date '0001-01-01')
        and asked.scored_at < coalesce(questions.valid_to, date '9999-01-01') + interval 1 day
    where asked.answer is not null
        and not coalesce(array_contains(questions.excluded_values, asked.answer), false)
),

-- these two bring their own scale
rated as (
    select
        voices.record_id as score_id,
        case voices.voice when 'review' then 'review' else 'case' end as kind,
        voices.source,
        voices.customer_id,
        voices.account_id,
        voices.native_ref,
        null as survey_id,
        null as question_id,
        null as item_id,
        voices.record_id as voice_id,
        voices.case_id,
        voices.team_ref,
        own.answer,
        voices.channel,
        voices.segment,
        voices.stage,
        voices.occurred_at as scored_at,
        voices.touchpoint,
        own.metric,
        own.scale_min,
        own.scale_max,
        {{ default_top_box('own.scale_min', 'own.scale_max') }} as top_from,
        false as is_reversed,
        {{ method_version(
            'own.metric', 'own.scale_min', 'own.scale_max',
            default_top_box('own.scale_min', 'own.scale_max')
        ) }} as method_version
    from (
        select record_id, score as answer, 'csat' as metric, scale_min, scale_max from ratings
        union all
        select record_id, rating, 'rating', scale_min, scale_max from reviews
    ) as own
    inner join {{ voices }} as voices using (record_id)
    where own.answer is not null
),

scored as (
    select * from mapped
    union all by name
    select * from rated
),

-- the higher the better, whichever way a question is asked
turned as (
    select *, case when is_reversed then scale_min + scale_max - answer else answer end as score
    from scored
),

judged as (
    select
        score_id,
        voice_id,
        kind,
        metric,
        method_version,
        source,
        survey_id,
        question_id,
        item_id,
        native_ref,
        case_id,
        team_ref,
        customer_id,
        account_id,
        score,
        scale_min,
        scale_max,
        case when metric = 'csat' then
            case when is_reversed then answer <= top_from else answer >= top_from end
        end as is_top_box,
        case when metric in ('nps', 'enps') then
            case when score >= 9 then 'promoter' when score >= 7 then 'passive' else 'detractor' end
        end as nps_group,
        channel,
        segment,
        stage,
        touchpoint,
        scored_at
    from turned
    -- outside its own scale it is no answer to the question: counted in questions_to_map
    where answer between scale_min and scale_max
)

{{ changes('judged', 'score_id', [
    'score_id', 'voice_id', 'kind', 'metric', 'method_version', 'source', 'survey_id', 'question_id', 'item_id',
    'native_ref', 'case_id', 'team_ref', 'customer_id', 'account_id', 'score', 'scale_min', 'scale_max', 'is_top_box',
    'nps_group', 'channel', 'segment', 'stage', 'touchpoint', 'scored_at',
], among='touched_scores' if news) }}
