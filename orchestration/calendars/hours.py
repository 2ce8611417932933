"""Working hours as intervals in UTC, with the seconds worked before each.

Business seconds between two moments are F(later) - F(earlier), where F(t) is the seconds before the
last interval that began by t, plus as much of it as lies before t: two look-ups, however long a
case lasted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from orchestration.calendars import holiday
from orchestration.calendars.rows import Opening

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Interval:
    """Hours worked in one go; times are naive UTC, `day` is the day on the calendar's own clock."""

    calendar: str
    day: date
    opens_at: datetime
    closes_at: datetime
    seconds_before: int


def intervals(openings: Iterable[Opening], first: date, last: date) -> Iterator[Interval]:
    """Intervals of every calendar on the days from `first` to `last`, in order of time."""
    by_calendar = sorted(openings, key=lambda opening: opening.calendar)
    for calendar, rows in groupby(by_calendar, key=lambda opening: opening.calendar):
        worked = 0
        stretches = sorted(s for row in rows for s in _stretches(row, first, last))
        for opens_at, closes_at, day in _joined(stretches):
            yield Interval(calendar, day, opens_at, closes_at, worked)
            worked += int((closes_at - opens_at).total_seconds())


_Stretch = tuple[datetime, datetime, date]


def _stretches(row: Opening, first: date, last: date) -> Iterator[_Stretch]:
    begin, end = max(first, row.valid_from), min(last, row.valid_to)
    if begin > end:
        return
    free = holiday.of(row.country, row.subdivision, range(begin.year, end.year + 1))
    zone = ZoneInfo(row.time_zone)
    for number in range((end - begin).days + 1):
        day = begin + number * _DAY
        if day.weekday() in row.weekdays and day not in free:
            yield _utc(day, row.opens, zone), _utc(day, row.closes, zone), day


def _utc(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """A minute of a local day; 24:00 is the next day's first, whatever the clocks did."""
    days, minute = divmod(minutes, 24 * 60)
    local = datetime.combine(day + days * _DAY, time(minute // 60, minute % 60), zone)
    return local.astimezone(UTC).replace(tzinfo=None)


def _joined(stretches: Iterable[_Stretch]) -> Iterator[_Stretch]:
    """Stretches that do not overlap: where a calendar moved to another time zone, days may."""
    held: _Stretch | None = None
    for stretch in stretches:
        if held is not None and stretch[0] < held[1]:
            held = (held[0], max(held[1], stretch[1]), held[2])
            continue
        if held is not None:
            yield held
        held = stretch
    if held is not None:
        yield held
