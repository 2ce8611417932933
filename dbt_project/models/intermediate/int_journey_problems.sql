-- One row per row of the journey seeds that cannot be followed: what is wrong and what to do.
{{ config(materialized='table') }}
{%- set numbers = ['timeout_days', 'limit_days', 'settle_days'] %}
with definitions as (
    select * from {{ ref('journey_definitions') }}
),

stages as (
    select
        touchpoint,
        min_by(stage, priority) as stage
    from {{ ref('touchpoint_map') }}
    group by touchpoint
),

marks as (
    select
        marks.journey,
        marks.role,
        marks.kind,
        marks.stage,
        marks.touchpoint,
        -- where a touchpoint lies says its stage, whether or not the row does
        coalesce(marks.stage, stages.stage) as known_stage,
        stages.stage as stage_of_touchpoint,
        concat_ws(',', marks.journey, marks.role, coalesce(marks.kind, ''), coalesce(marks.stage, ''),
            coalesce(marks.touchpoint, '')) as entry,
        count(*) over (
            partition by marks.journey, marks.kind, marks.stage, marks.touchpoint
        ) as rows_like_it
    from {{ ref('journey_marks') }} as marks
    left join stages on marks.touchpoint = stages.touchpoint
),

signatures as (
    select
        journey,
        count(*) filter (role in ('start', 'goal_and_start')) as starts,
        bit_xor({{ row_hash(['role', 'kind', 'stage', 'touchpoint']) }}) as signature
    from marks
    group by journey
),

described as (
    select
        definitions.*,
        coalesce(signatures.starts, 0) as starts,
        count(*) over (partition by definitions.journey) as rows_like_it,
        count(*) over like_it as definitions_like_it,
        case when min(definitions.journey) over like_it = definitions.journey
            then max(definitions.journey) over like_it
            else min(definitions.journey) over like_it
        end as twin
    from definitions
    left join signatures on definitions.journey = signatures.journey
    window like_it as (
        partition by
            coalesce(signatures.signature, 0),
            coalesce(lower(definitions.per), 'customer'),
            coalesce(lower(definitions.overlapping), 'false'),
            {%- for number in numbers %}
            coalesce(definitions.{{ number }}, ''){{ ',' if not loop.last }}
            {%- endfor %}
    )
),

-- a start that some end covers: every touch that would start the journey ends it instead
dead_starts as (
    select
        starts.entry,
        min(ends.entry) as ended_by
    from marks as starts
    inner join marks as ends
        on starts.journey = ends.journey
        and starts.role = 'start'
        and ends.role in ('goal', 'failure')
        and (ends.kind is null or ends.kind = starts.kind)
        and (ends.stage is null or ends.stage = starts.known_stage)
        and (ends.touchpoint is null or ends.touchpoint = starts.touchpoint)
    group by starts.entry
),

judged as (
    select
        'journey_definitions' as seed,
        journey,
        concat_ws(',', coalesce(journey, ''), coalesce(per, ''), coalesce(overlapping, '')
            {%- for number in numbers %}, coalesce({{ number }}, ''){% endfor %}) as entry,
        case
            when journey is null then 'it has no name: fill the column journey'
            when rows_like_it > 1 then 'the name is given twice: rename or remove one'
            when lower(per) not in ('customer', 'account') then 'per is customer or account'
            when lower(overlapping) not in ('true', 'false') then 'overlapping is true or false'
            {%- for number in numbers %}
            when {{ number }} is not null and try_cast({{ number }} as double) is null
                then '{{ number }} is a number of days'
            {%- endfor %}
            when try_cast(timeout_days as double) <= 0
                then 'timeout_days is more than 0: any touch would end the journey before it'
            when try_cast(timeout_days as double) > 3650
                then 'it can never end: no silence lasts ten years; give a shorter timeout_days'
            when try_cast(limit_days as double) <= 0
                then 'limit_days is more than 0: the journey would be over as it starts'
            when try_cast(settle_days as double) < 0 then 'settle_days is not less than 0'
            when greatest(try_cast(limit_days as double), try_cast(settle_days as double)) > 3650
                then 'limit_days and settle_days are no more than ten years'
            when limit_days is not null and starts = 0
                then 'limit_days counts from a start: add one to journey_marks, or use timeout_days'
            when lower(overlapping) = 'true' and starts = 0
                then 'overlapping needs a start in journey_marks: every touch would open a journey'
            when definitions_like_it > 1
                then 'the same as ' || coalesce(twin, '') || ' by another name: remove one'
        end as problem
    from described
    union all
    select
        'journey_marks' as seed,
        marks.journey,
        marks.entry,
        case
            when definitions.journey is null
                then 'journey_definitions has no such journey: add it there, or mend the name'
            when marks.role is null or marks.role not in ('start', 'goal', 'failure', 'goal_and_start')
                then 'role is start, goal, failure or goal_and_start'
            when coalesce(marks.kind, marks.stage, marks.touchpoint) is null
                then 'it names nothing: fill kind, stage or touchpoint; what anything starts has no row of role start'
            when marks.kind not in ('{{ event_kinds() | join("', '") }}')
                then 'no touch is of this kind: one of {{ event_kinds() | join(", ") }}'
            when marks.stage is not null
                and not exists (select 1 from {{ ref('touchpoint_map') }} as rules where rules.stage = marks.stage)
                then 'touchpoint_map has no such stage: add a rule there, or mend the name'
            when marks.stage <> marks.stage_of_touchpoint
                then 'the touchpoint lies in stage ' || marks.stage_of_touchpoint || ': no touch is at both'
            when marks.rows_like_it > 1
                then 'it is marked twice: keep one row; a goal that starts the next journey is of role goal_and_start'
            when dead_starts.entry is not null
                then 'what starts it ends it (' || dead_starts.ended_by
                    || '): make the goal narrower, or of role goal_and_start'
        end as problem
    from marks
    left join (select distinct journey from definitions) as definitions on marks.journey = definitions.journey
    left join dead_starts on marks.entry = dead_starts.entry
)

select distinct seed, journey, entry, problem
from judged
where problem is not null
