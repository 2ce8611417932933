-- One row per question that looks scored and is not, or loses answers, and why.
with mapped as (
    select source, survey_id, question_id, item_id, flatten(array_agg(excluded_values)) as excluded_values
    from {{ ref('int_question_map') }}
    group by source, survey_id, question_id, item_id
),

scored as (
    select score_id from {{ ref('scores') }}
    union all
    select score_id from {{ ref('int_scores') }} where kind = 'pulse'
),

answers as (
    select * from {{ ref('int_numeric_answers') }}
),

asked as (
    select
        *,
        -- a grid is answered row by row
        item_id = '' and count(*) over (partition by kind, source, survey_id, question_id) > 1 as is_grid
    from {{ ref('int_questions') }}
),

answered as (
    select
        answers.kind,
        answers.source,
        answers.survey_id,
        answers.question_id,
        answers.item_id,
        mapped.question_id is not null as is_mapped,
        count(*) as numeric_answers,
        -- what the row says is no answer is not lost
        count(*) filter (
            scored.score_id is null and not coalesce(array_contains(mapped.excluded_values, answers.answer), false)
        ) as unscored_answers,
        min(answers.answer) as lowest,
        max(answers.answer) as highest
    from answers
    left join scored on answers.record_id = scored.score_id
    left join mapped using (source, survey_id, question_id, item_id)
    where answers.kind in ('survey', 'pulse')
    group by all
),

unscaled as (
    select kind, source, count(*) as numeric_answers, min(answer) as lowest, max(answer) as highest
    from answers
    where not has_scale
    group by kind, source
)

select
    coalesce(answered.kind, asked.kind) as kind,
    coalesce(answered.source, asked.source) as source,
    coalesce(answered.survey_id, asked.survey_id) as survey_id,
    coalesce(answered.question_id, asked.question_id) as question_id,
    coalesce(answered.item_id, asked.item_id) as item_id,
    asked.question,
    asked.question_type,
    asked.scale_min,
    asked.scale_max,
    -- counts and extremes of employees' answers may point at one of them
    case when answered.kind = 'pulse' then null else coalesce(answered.numeric_answers, 0) end as numeric_answers,
    case when answered.kind = 'pulse' then null else coalesce(answered.unscored_answers, 0) end as unscored_answers,
    case when answered.kind = 'pulse' then null else answered.lowest end as lowest,
    case when answered.kind = 'pulse' then null else answered.highest end as highest,
    case
        when coalesce(answered.is_mapped, false)
            then 'mapped, but some answers are off its scale or outside its dates: check the row in question_map'
        else 'not mapped: add a row to question_map'
    end as reason
from answered
full join asked
    on answered.kind = asked.kind
    and answered.source = asked.source
    and answered.survey_id = asked.survey_id
    and answered.question_id = asked.question_id
    and answered.item_id = asked.item_id
where (
    not coalesce(answered.is_mapped, false)
    -- the number of a ticked choice is its place in the list
    and (
        answered.numeric_answers > 0 and coalesce(asked.question_type <> 'multi_choice', true)
        or asked.question_type in ('nps', 'rating') and not asked.is_grid
    )
    and not exists (
        select 1 from mapped
        where asked.source = mapped.source and asked.survey_id = mapped.survey_id
            and asked.question_id = mapped.question_id and asked.item_id = mapped.item_id
    )
)
or (answered.is_mapped and answered.unscored_answers > 0)

union all

select
    kind, source, null, null, null, null, null, null, null, numeric_answers, numeric_answers, lowest, highest,
    'the source gives no scale: have its connector state scale_min and scale_max'
from unscaled
