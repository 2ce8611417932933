"""When agents work: weekdays of the house's city, its holidays excepted."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from connectors.sandbox.company.ids import Ints

CITY = ZoneInfo("Europe/Amsterdam")
OPENS, CLOSES = time(8, 30), time(18, 0)
SATURDAY = 5
_UTC = ZoneInfo("UTC")


class Hours:
    """Opening hours between two moments, as arithmetic on seconds since 1970."""

    def __init__(self, start: datetime, end: datetime) -> None:
        """Lay out every opening from a fortnight before `start` to half a year after `end`."""
        first = start.date() - timedelta(days=14)
        days = [first + timedelta(days=n) for n in range((end.date() - first).days + 180)]
        closed = {day for year in range(first.year, days[-1].year + 1) for day in holidays(year)}
        openings = [day for day in days if day.weekday() < SATURDAY and day not in closed]
        self.opens = np.array([_utc(day, OPENS) for day in openings])
        self.closes = np.array([_utc(day, CLOSES) for day in openings])
        self._worked = np.concatenate([[0], np.cumsum(self.closes - self.opens)])

    def clock(self, at: Ints) -> Ints:
        """Seconds worked before each moment."""
        day = np.searchsorted(self.closes, at, side="right")
        inside = np.clip(at - self.opens[np.minimum(day, len(self.opens) - 1)], 0, None)
        return np.asarray(self._worked[day] + np.where(day < len(self.opens), inside, 0))

    def add(self, at: Ints, seconds: NDArray[np.float64] | Ints) -> Ints:
        """The moment at which so many working seconds have passed; always within hours."""
        target = self.clock(at) + np.asarray(seconds).astype(np.int64)
        day = np.searchsorted(self._worked, target, side="right") - 1
        day = np.clip(day, 0, len(self.opens) - 1)
        return np.asarray(self.opens[day] + target - self._worked[day])

    def is_open(self, at: Ints) -> NDArray[np.bool_]:
        """Whether somebody works at each moment."""
        day = np.minimum(np.searchsorted(self.closes, at, side="right"), len(self.opens) - 1)
        return np.asarray((self.opens[day] <= at) & (at < self.closes[day]))


def holidays(year: int) -> list[date]:
    """Days on which nobody answers."""
    easter = _easter(year)
    moved = [easter + timedelta(days=days) for days in (-2, 1, 39, 50)]
    return [date(year, 1, 1), date(year, 4, 27), date(year, 12, 25), date(year, 12, 26), *moved]


def _easter(year: int) -> date:
    """Gregorian Easter Sunday, by the anonymous algorithm."""
    golden, century, rest = year % 19, year // 100, year % 100
    moon = (19 * golden + century - century // 4 - (8 * century + 13) // 25 + 15) % 30
    day = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (golden + 11 * moon + 22 * day) // 451
    month, last = divmod(moon + day - 7 * late + 114, 31)
    return date(year, month, last + 1)


def _utc(day: date, at: time) -> int:
    return int(datetime.combine(day, at, CITY).astimezone(_UTC).timestamp())
