-- One row per thing that is wrong with a row of the calendars' seeds.
select seed, line, calendar, entry, finding
from {{ ref('stg_calendar_findings') }}
