-- One row per combination of what places a voice: its stage and touchpoint on the journey.
{{ config(materialized='table') }}
with voices as (
    select * from {{ ref('int_voices') }}
),

questions as (
    select * from {{ ref('int_question_map') }} where touchpoint is not null
),

rules as (
    select * from {{ ref('touchpoint_map') }}
),

-- rules are compared with each combination once, not with each of millions of rows
combinations as (
    select
        source,
        kind,
        channel,
        topic,
        product,
        survey_id,
        given_touchpoint,
        rule_priority,
        count(*) as voices,
        min(occurred_at) as first_at,
        max(occurred_at) as last_at
    from voices
    group by all
),

surveys as (
    select source, survey_id, min(touchpoint) as touchpoint
    from questions
    group by source, survey_id
    -- a survey whose questions ask about two touchpoints stands at neither
    having count(distinct touchpoint) = 1
),

stages as (
    select touchpoint, min_by(stage, priority) as stage
    from rules
    group by touchpoint
),

matched as (
    select
        combinations.source,
        combinations.kind,
        combinations.channel,
        combinations.topic,
        combinations.product,
        combinations.survey_id,
        combinations.given_touchpoint,
        combinations.rule_priority,
        min_by(rules.touchpoint, rules.priority) as touchpoint
    from combinations
    inner join rules
        on (rules.source is null or rules.source = combinations.source)
        and (rules.kind is null or rules.kind = combinations.kind)
        and (
            rules.match_column is null
            or rules.priority = combinations.rule_priority
            or lower(rules.match_value) = lower(
                case rules.match_column
                    when 'channel' then combinations.channel
                    when 'topic' then combinations.topic
                    when 'product' then combinations.product
                    when 'survey_id' then combinations.survey_id
                end
            )
        )
    group by all
),

placed as (
    select
        combinations.*,
        coalesce(
            combinations.given_touchpoint, surveys.touchpoint, matched.touchpoint, 'unmapped'
        ) as touchpoint
    from combinations
    left join surveys
        on combinations.source = surveys.source and combinations.survey_id = surveys.survey_id
    left join matched
        on combinations.source = matched.source
        and combinations.kind = matched.kind
        and combinations.channel is not distinct from matched.channel
        and combinations.topic is not distinct from matched.topic
        and combinations.product is not distinct from matched.product
        and combinations.survey_id is not distinct from matched.survey_id
        and combinations.given_touchpoint is not distinct from matched.given_touchpoint
        and combinations.rule_priority is not distinct from matched.rule_priority
)

select
    placed.*,
    {{ hash_id([
        'placed.source', 'placed.kind', "coalesce(placed.channel, chr(30))", "coalesce(placed.topic, chr(30))",
        "coalesce(placed.product, chr(30))", "coalesce(placed.survey_id, chr(30))",
        "coalesce(placed.given_touchpoint, chr(30))", 'coalesce(placed.rule_priority, -1)',
    ]) }} as combination_id,
    coalesce(stages.stage, 'unmapped') as stage
from placed
left join stages using (touchpoint)
