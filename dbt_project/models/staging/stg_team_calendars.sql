-- One row per source and team that works by a calendar.
{{ config(materialized='view') }}
select source, team_ref, calendar, version
from {{ source('calendars', 'teams') }}
