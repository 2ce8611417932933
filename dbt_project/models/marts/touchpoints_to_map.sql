-- One row per combination of source, kind and place that no rule puts on the journey.
select
    source,
    kind,
    survey_id,
    channel,
    topic,
    product,
    voices,
    first_at,
    last_at
from {{ ref('int_touchpoints') }}
where touchpoint = 'unmapped'
