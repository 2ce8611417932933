-- One row per journey, month in which it started, path, length and outcome: how many there were, for whatever counts them.
{{ config(materialized='table') }}
select
    journey,
    cast(date_trunc('month', started_at) as date) as month,
    path,
    -- longer ones are cut where their path is
    least(visits, {{ var('journey_path_steps') }} + 1) as visits,
    loops > 0 as has_loops,
    outcome,
    cast(min(started_at) as date) as first_day,
    cast(max(started_at) as date) as last_day,
    count(*) as journeys
from {{ ref('journeys') }}
group by
    journey,
    cast(date_trunc('month', started_at) as date),
    path,
    least(visits, {{ var('journey_path_steps') }} + 1),
    loops > 0,
    outcome
