"""Working hours: what people write as rows of two seeds, as intervals that SQL can measure with.

    seeds/business_hours.csv  ->  calendars.hours
    seeds/team_calendars.csv  ->  calendars.teams
    rows that cannot be right ->  calendars.findings

Holidays and time zones are known to libraries, and those are Python; models are SQL that has to run
elsewhere too. So the intervals are made before dbt, and only where a seed, a library or the years
that cases were opened in changed.
"""

from orchestration.calendars.tables import refresh

__all__ = ["refresh"]
