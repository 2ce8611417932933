-- One row per team (or all teams), pulse question and month: who answered what, and what to hide.
{#- floor: nobody may configure fewer -#}
{%- set k = [var('workforce_min_group') | int, 3] | max %}
with answers as (
    select * from {{ ref('stg_pulse_answers') }} where not is_deleted
),

questions as (
    select * from {{ ref('stg_pulse_questions') }} where not is_deleted
),

scores as (
    select * from {{ ref('int_scores') }} where kind = 'pulse'
),

mapped as (
    select distinct source, survey_id as pulse_id, question_id from {{ ref('int_question_map') }}
),

numbers as (
    select
        answers.source,
        answers.question_id,
        coalesce(questions.driver, 'unknown') as driver,
        coalesce(answers.team_ref, 'unknown') as team_ref,
        date_trunc('month', answers.answered_at) as month,
        answers.respondent_hash,
        answers.answered_at,
        answers.record_id,
        -- a mapped question is read as its row says, turned round where low is good
        coalesce(scores.score, answers.value_number) as answer,
        scores.metric,
        scores.nps_group,
        coalesce(scores.method_version, {{ method_version("'mean'", 'questions.scale_min', 'questions.scale_max') }}, 'mean') as method_version
    from answers
    left join questions using (source, pulse_id, question_id)
    left join mapped using (source, pulse_id, question_id)
    left join scores on answers.record_id = scores.score_id
    where coalesce(scores.score, answers.value_number) is not null
        -- a 99 for 'cannot say' is no answer: questions_to_map tells of what a mapping leaves out
        and (scores.score_id is not null or mapped.question_id is null)
),

-- a person is one opinion, the last one of the month: as Peakon counts, and as headcounts do
newest as (
    select
        *,
        row_number() over (
            partition by source, question_id, driver, method_version, month, respondent_hash
            order by answered_at desc, record_id desc
        ) as place
    from numbers
),

grouped as (
    select
        source,
        question_id,
        driver,
        method_version,
        month,
        case when grouping(team_ref) = 1 then 'all' else team_ref end as team_ref,
        coalesce(min(metric), 'mean') as metric,
        count(*) as respondents,
        avg(answer) as mean,
        stddev_samp(answer) as deviation,
        count(*) filter (nps_group = 'promoter') as promoters,
        count(*) filter (nps_group = 'detractor') as detractors,
        -- what a published figure tells of one answer: its group where there is an eNPS, else itself
        min(coalesce(nps_group, cast(answer as varchar))) as first_told,
        max(coalesce(nps_group, cast(answer as varchar))) as last_told
    from newest
    where place = 1
    group by source, question_id, driver, method_version, month, rollup(team_ref)
),

-- a group tells its members' answers if it is small, or if all of it said the same
judged as (
    select
        *,
        team_ref = 'all' as is_total,
        respondents < {{ k }} or first_told = last_told as is_telling
    from grouped
),

-- those first, then smallest first: what is hidden until nothing of the kind can be had by subtraction
ranked as (
    select
        *,
        coalesce(bool_or(is_telling) over ahead, false) as any_ahead_is_telling,
        sum(respondents) over ahead as ahead_respondents,
        min(first_told) over ahead as ahead_first_told,
        max(last_told) over ahead as ahead_last_told
    from judged
    window ahead as (
        partition by source, question_id, driver, method_version, month, is_total
        order by is_telling desc, respondents, team_ref
        rows between unbounded preceding and 1 preceding
    )
)

select
    source,
    question_id,
    driver,
    method_version,
    month,
    team_ref,
    is_total,
    metric,
    respondents,
    mean,
    deviation,
    promoters,
    detractors,
    is_telling
    -- complementary: total minus published leaves the hidden ones together, which must not tell either
    or (
        not is_total
        and any_ahead_is_telling
        and (ahead_respondents < {{ k }} or ahead_first_told = ahead_last_told)
    ) as is_hidden
from ranked
