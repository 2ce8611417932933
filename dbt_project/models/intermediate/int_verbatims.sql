-- One row per verbatim: what a customer wrote in one place, as written.
with answers as (
    select * from {{ ref('stg_survey_answers') }} where not is_deleted
),

ratings as (
    select * from {{ ref('stg_case_ratings') }} where not is_deleted
),

reviews as (
    select * from {{ ref('stg_reviews') }} where not is_deleted
),

messages as (
    select * from {{ ref('stg_case_messages') }} where not is_deleted
),

cases as (
    select * from {{ ref('stg_cases') }} where not is_deleted
),

voices as (
    select record_id, voice, source, survey_id, native_ref
    from {{ ref('int_voices') }}
    where voice in ('survey_response', 'case')
),

verbatims as (
    select
        answers.record_id,
        voices.record_id as voice_id,
        'survey answer' as kind,
        answers.question_id,
        answers.answered_at as written_at,
        answers.value_text as body
    from answers
    inner join voices
        on voices.voice = 'survey_response'
        and answers.source = voices.source
        and answers.survey_id = voices.survey_id
        and answers.response_id = voices.native_ref

    union all

    select record_id, record_id, 'case rating', null, rated_at, comment
    from ratings

    union all

    select record_id, record_id, 'review', null, reviewed_at, concat_ws(chr(10), nullif(trim(title), ''), nullif(trim(body), ''))
    from reviews

    union all

    select messages.record_id, voices.record_id, 'case message', null, messages.created_at, messages.body
    from messages
    inner join voices
        on voices.voice = 'case'
        and messages.source = voices.source
        and messages.case_id = voices.native_ref
    where messages.author_role = 'customer' and messages.is_public

    union all

    -- the first words of a case, where no messages are kept; a case that an agent opened is not
    -- in the customer's words
    select cases.record_id, cases.record_id, 'case', null, cases.created_at, concat_ws(chr(10), nullif(trim(cases.subject), ''), nullif(trim(cases.description), ''))
    from cases
    left join (select distinct source, case_id from messages) as told using (source, case_id)
    where told.case_id is null and coalesce(cases.opened_by, 'customer') = 'customer'
)

select
    record_id,
    voice_id,
    kind,
    question_id,
    written_at,
    body,
    md5(body) as text_hash
from verbatims
where trim(body) <> ''
