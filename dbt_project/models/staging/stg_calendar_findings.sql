-- One row per thing that is wrong with a row of the calendars' seeds.
{{ config(materialized='view') }}
select seed, line, calendar, entry, finding
from {{ source('calendars', 'findings') }}
