-- One row per question that is a metric, and the time it counts as that.
-- read by many, and small: a view would look for the surveys of a question as often
{{ config(materialized='table') }}
with mapped as (
    select * from {{ ref('question_map') }}
),

-- a source may tell answers to a question that it does not describe
asked as (
    select source, survey_id, question_id from {{ ref('int_questions') }}
    union
    select source, survey_id, question_id
    from {{ ref('stg_survey_answers') }}
    where not is_deleted and question_id in (select question_id from mapped where survey_id is null)
    union
    select source, pulse_id, question_id
    from {{ ref('stg_pulse_answers') }}
    where not is_deleted and question_id in (select question_id from mapped where survey_id is null)
),

-- a question that is asked in every round is mapped once, without a survey
everywhere as (
    select
        mapped.source,
        asked.survey_id,
        mapped.question_id,
        mapped.item_id,
        mapped.metric,
        mapped.scale_min,
        mapped.scale_max,
        mapped.top_box_from,
        mapped.reversed,
        mapped.excluded_values,
        mapped.touchpoint,
        mapped.valid_from,
        mapped.valid_to
    from mapped
    inner join asked
        on mapped.source = asked.source and mapped.question_id = asked.question_id
    where mapped.survey_id is null
),

spelled_out as (
    select
        source,
        survey_id,
        question_id,
        coalesce(item_id, '') as item_id,
        metric,
        scale_min,
        scale_max,
        top_box_from,
        reversed,
        excluded_values,
        touchpoint,
        valid_from,
        valid_to
    from mapped
    where survey_id is not null

    union all

    select
        everywhere.source,
        everywhere.survey_id,
        everywhere.question_id,
        coalesce(everywhere.item_id, ''),
        everywhere.metric,
        everywhere.scale_min,
        everywhere.scale_max,
        everywhere.top_box_from,
        everywhere.reversed,
        everywhere.excluded_values,
        everywhere.touchpoint,
        everywhere.valid_from,
        everywhere.valid_to
    from everywhere
    -- a row that names the survey says it better
    where not exists (
        select 1 from mapped
        where everywhere.source = mapped.source
            and everywhere.survey_id = mapped.survey_id
            and everywhere.question_id = mapped.question_id
            and coalesce(everywhere.item_id, '') = coalesce(mapped.item_id, '')
    )
),

-- a question whose meaning changed has several readings, one after the other
ordered as (
    select
        *,
        row_number() over readings as reading,
        lead(coalesce(valid_from, date '0001-01-01')) over readings as next_from
    from spelled_out
    window readings as (
        partition by source, survey_id, question_id, item_id
        -- to the last column: which of two rows counts must not change from build to build
        order by
            valid_from nulls first, valid_to nulls first, metric, scale_min, scale_max, top_box_from, reversed,
            excluded_values, touchpoint
    )
)

select
    * exclude (next_from, excluded_values) replace (
        -- a day that two rows claim is the later one's; question_map_is_sound names both
        least(valid_to, cast(next_from - interval 1 day as date)) as valid_to
    ),
    {{ numbers_of('excluded_values') }} as excluded_values
from ordered
where next_from is null or next_from > coalesce(valid_from, date '0001-01-01')
