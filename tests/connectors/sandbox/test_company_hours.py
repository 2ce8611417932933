from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from connectors.sandbox.company.hours import CITY, Hours, holidays
from connectors.sandbox.company.versions import _rising

HOURS = Hours(datetime(2023, 11, 1), datetime(2026, 11, 1))
SECONDS = st.integers(
    int(datetime(2023, 11, 1, tzinfo=UTC).timestamp()),
    int(datetime(2026, 11, 1, tzinfo=UTC).timestamp()),
)


def at(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=CITY).timestamp())


def test_a_friday_evening_is_answered_on_monday() -> None:
    [moment] = HOURS.add(np.array([at(2026, 3, 6, 17, 30)]), np.array([3600]))
    assert moment == at(2026, 3, 9, 9, 0)


def test_a_day_has_as_many_working_seconds_before_and_after_the_clocks_change() -> None:
    [spring] = HOURS.add(np.array([at(2026, 3, 27, 8, 30)]), np.array([int(9.5 * 3600)]))
    assert spring == at(2026, 3, 30, 8, 30)


def test_holidays_follow_easter() -> None:
    assert {date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 14), date(2026, 5, 25)} <= set(
        holidays(2026)
    )
    assert not HOURS.is_open(np.array([at(2026, 4, 6, 11, 0), at(2025, 12, 26, 11, 0)])).any()


@given(SECONDS, st.integers(0, 400_000))
def test_adding_working_time_ends_within_hours_and_takes_as_long(start: int, work: int) -> None:
    end = HOURS.add(np.array([start]), np.array([work]))
    assert HOURS.is_open(end).all()
    assert HOURS.clock(end)[0] - HOURS.clock(np.array([start]))[0] == work
    assert end[0] >= start


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 50)), min_size=1))
def test_versions_of_one_record_never_share_a_moment(steps: list[tuple[int, int]]) -> None:
    frame = pl.DataFrame(sorted(steps), schema=["key", "at"], orient="row")
    moved = frame.with_columns(moved=pl.Series(_rising(frame["key"], frame["at"])))
    assert (moved["moved"] >= moved["at"]).all()
    gaps = moved.select(gap=pl.col("moved").diff().over("key")).drop_nulls()
    assert (gaps["gap"] >= 1).all()
    first = moved.group_by("key").agg(pl.first("at"), pl.first("moved"))
    assert (first["at"] == first["moved"]).all()
