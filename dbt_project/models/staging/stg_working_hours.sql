-- One row per stretch of hours that a calendar works in one go.
{{ config(materialized='view') }}
select calendar, day, opens_at, closes_at, seconds_before
from {{ source('calendars', 'hours') }}
