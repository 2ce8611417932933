-- One row per combination of source, kind and place that no rule puts on the journey, or only half.
select
    source,
    kind,
    survey_id,
    channel,
    topic,
    product,
    touchpoint,
    case
        when touchpoint = 'unmapped'
            then 'no touchpoint: add a rule to touchpoint_map, or map the column in the source'
        else 'no stage: add a rule to touchpoint_map that names this touchpoint'
    end as reason,
    cast(sum(voices) as bigint) as voices,
    min(first_at) as first_at,
    max(last_at) as last_at
from {{ ref('int_touchpoints') }}
where touchpoint = 'unmapped' or stage = 'unmapped'
group by source, kind, survey_id, channel, topic, product, touchpoint, stage
