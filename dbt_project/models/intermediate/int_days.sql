-- One row per day.
select cast(days.date_day as date) as day
from ({{ dbt.date_spine('day', "cast('" ~ var('journey_first_day') ~ "' as date)", "cast('2050-12-31' as date)") }}) as days
