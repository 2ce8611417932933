-- One row per kind of journey that can be followed.
{{ config(materialized='table') }}
with marks as (
    select
        journey,
        bool_or(role in ('start', 'goal_and_start')) as has_start,
        bool_or(role in ('goal', 'goal_and_start')) as has_goal,
        bool_or(role = 'failure') as has_failure,
        bit_xor({{ row_hash(['role', 'kind', 'stage', 'touchpoint']) }}) as fingerprint
    from {{ ref('journey_marks') }}
    group by journey
),

definitions as (
    select
        journey,
        coalesce(lower(per), 'customer') as per,
        coalesce(lower(overlapping) = 'true', false) as is_overlapping,
        coalesce(try_cast(timeout_days as double), {{ var('journey_gap_days') }}) as timeout_days,
        try_cast(limit_days as double) as limit_days,
        coalesce(try_cast(settle_days as double), 0) as settle_days
    from {{ ref('journey_definitions') }} as definitions
    -- one wrong row sets its journey aside and no other
    where not exists (
        select 1 from {{ ref('int_journey_problems') }} as problems
        where problems.journey = definitions.journey
    ) and journey is not null
),

described as (
    select
        definitions.*,
        not coalesce(marks.has_start, false) as starts_anywhere,
        coalesce(marks.has_goal, false) as has_goal,
        coalesce(marks.has_failure, false) as has_failure,
        coalesce(marks.fingerprint, 0) as marks_fingerprint
    from definitions
    left join marks on definitions.journey = marks.journey
)

select
    *,
    {{ row_hash([
        'journey', 'per', 'is_overlapping', 'timeout_days', 'limit_days', 'settle_days', 'marks_fingerprint',
    ]) }} as fingerprint
from described
