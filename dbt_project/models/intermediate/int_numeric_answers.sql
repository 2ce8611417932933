-- One row per answer that is a number, scored or not.
with answers as (
    select
        'survey' as kind,
        record_id,
        source,
        survey_id,
        question_id,
        item_id,
        coalesce(value_number, try_cast(value_choice as double)) as answer,
        -- a question states its scale, an answer needs none
        true as has_scale
    from {{ ref('stg_survey_answers') }}
    where not is_deleted

    union all

    select 'pulse', record_id, source, pulse_id, question_id, '',
        coalesce(value_number, try_cast(value_choice as double)), true
    from {{ ref('stg_pulse_answers') }}
    where not is_deleted

    union all

    select 'case rating', record_id, source, null, null, null, score,
        scale_min is not null and scale_max is not null
    from {{ ref('stg_case_ratings') }}
    where not is_deleted

    union all

    select 'review', record_id, source, null, null, null, rating,
        scale_min is not null and scale_max is not null
    from {{ ref('stg_reviews') }}
    where not is_deleted
)

select *
from answers
where answer is not null
