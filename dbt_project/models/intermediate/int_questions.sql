-- One row per question that is asked, of customers or employees.
select
    'survey' as kind,
    source,
    survey_id,
    question_id,
    item_id,
    concat_ws(' / ', question_text, nullif(item_text, '')) as question,
    question_type,
    scale_min,
    scale_max
from {{ ref('stg_survey_questions') }}
where not is_deleted

union all

select
    'pulse',
    source,
    pulse_id,
    question_id,
    '',
    question_text,
    question_type,
    scale_min,
    scale_max
from {{ ref('stg_pulse_questions') }}
where not is_deleted
