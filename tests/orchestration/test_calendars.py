"""Business hours: what the seeds say, hour by hour, and rows that cannot be right."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import duckdb
import pytest

from orchestration import calendars
from orchestration.calendars import tables
from orchestration.calendars.hours import Interval, intervals
from orchestration.calendars.rows import Finding, read

if TYPE_CHECKING:
    from pathlib import Path

HOURS = "calendar,weekday,opens,closes,time_zone,country,subdivision,valid_from,valid_to"
TEAMS = "source,team_ref,calendar"
BERLIN = "desk,mon-fri,09:00,17:00,Europe/Berlin,DE,BY,,"


def written(folder: Path, *hours: str, teams: tuple[str, ...] = ()) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "business_hours.csv").write_text("\n".join([HOURS, *hours, ""]))
    (folder / "team_calendars.csv").write_text("\n".join([TEAMS, *teams, ""]))
    return folder


def made(folder: Path, *hours: str, first: str = "2026-01-01") -> list[Interval]:
    openings, _, findings = read(written(folder, *hours))
    assert findings == []
    return list(intervals(openings, date.fromisoformat(first), date(2026, 12, 31)))


def worked(found: list[Interval], begin: str, end: str) -> float:
    """Hours between two UTC times, as the models compute them."""

    def until(moment: datetime) -> float:
        place = bisect_right([i.opens_at for i in found], moment) - 1
        held = found[place]
        return held.seconds_before + (min(moment, held.closes_at) - held.opens_at).total_seconds()

    return (until(datetime.fromisoformat(end)) - until(datetime.fromisoformat(begin))) / 3600


def test_the_hours_of_a_day_move_with_the_clocks(tmp_path: Path) -> None:
    """Clocks in Berlin went forward on 29 March 2026 and back on 25 October."""
    found = {i.day: i for i in made(tmp_path, BERLIN)}

    assert found[date(2026, 3, 27)].opens_at == datetime(2026, 3, 27, 8)  # noqa: DTZ001
    assert found[date(2026, 3, 30)].opens_at == datetime(2026, 3, 30, 7)  # noqa: DTZ001
    assert found[date(2026, 10, 26)].opens_at == datetime(2026, 10, 26, 8)  # noqa: DTZ001


def test_a_day_around_the_clock_has_23_24_or_25_hours(tmp_path: Path) -> None:
    found = {i.day: i for i in made(tmp_path, "desk,1-7,00:00,24:00,Europe/Berlin,,,,")}

    lengths = {day: (i.closes_at - i.opens_at) / timedelta(hours=1) for day, i in found.items()}
    assert lengths[date(2026, 3, 29)] == 23
    assert lengths[date(2026, 10, 25)] == 25
    assert lengths[date(2026, 6, 1)] == 24
    assert worked(list(found.values()), "2026-03-01", "2026-04-01") == 31 * 24


def test_nobody_works_on_a_holiday_of_the_subdivision(tmp_path: Path) -> None:
    """Epiphany, 6 January 2026, a Tuesday, is a holiday in Bavaria and not in Berlin."""
    bavarian = made(tmp_path, BERLIN)
    berliner = made(tmp_path, BERLIN.replace(",BY,", ",BE,"))

    assert worked(bavarian, "2026-01-05 08:00", "2026-01-07 08:00") == 8
    assert worked(berliner, "2026-01-05 08:00", "2026-01-07 08:00") == 16


def test_hours_change_with_a_version_from_its_first_day_on(tmp_path: Path) -> None:
    found = made(
        tmp_path,
        "desk,mon-fri,09:00,17:00,Europe/Berlin,,,,2026-06-30",
        "desk,mon-fri,09:00,12:00,Europe/Berlin,,,2026-07-01,",
        "desk,mon-fri,13:00,17:00,Europe/Berlin,,,2026-07-01,",
        "desk,sat,10:00,12:00,Europe/Berlin,,,2026-07-01,",
    )

    assert worked(found, "2026-06-29", "2026-07-01") == 16
    assert worked(found, "2026-07-01", "2026-07-06") == 3 * 7 + 2


def test_a_night_shift_is_one_stretch_of_two_rows(tmp_path: Path) -> None:
    found = made(
        tmp_path,
        "night,mon,22:00,24:00,Europe/Berlin,,,,",
        "night,tue,00:00,06:00,Europe/Berlin,,,,",
    )

    assert worked(found, "2026-06-01 12:00", "2026-06-02 12:00") == 8


def test_moving_to_another_time_zone_counts_no_hour_twice(tmp_path: Path) -> None:
    found = made(
        tmp_path,
        "desk,1-7,00:00,24:00,America/New_York,,,,2026-06-30",
        "desk,1-7,00:00,24:00,Asia/Tokyo,,,2026-07-01,",
    )

    assert worked(found, "2026-06-01", "2026-08-01") == 61 * 24


WRONG = {
    "desk,mon-fri,17:00,09:00,Europe/Berlin,,,,": "closes before it opens",
    "desk,mon-fri,9,17:00,Europe/Berlin,,,,": "opens is no time of a day",
    "desk,mon-fri,09:00,25:00,Europe/Berlin,,,,": "closes is no time of a day",
    "desk,mo-fr,09:00,17:00,Europe/Berlin,,,,": "'mo-fr' is no weekday",
    "desk,mon-fri,09:00,17:00,Europe/Berln,,,,": "'Europe/Berln' is no time zone",
    "desk,mon-fri,09:00,17:00,,,,,": "'' is no time zone",
    "desk,mon-fri,09:00,17:00,Europe/Berlin,XX,,,": "no holidays are known of the country 'XX'",
    "desk,mon-fri,09:00,17:00,Europe/Berlin,DE,XX,,": "DE has no subdivision 'XX': write one of BB",
    "desk,mon-fri,09:00,17:00,Europe/Berlin,,,1.7.2026,": "valid_from is no day",
    "desk,mon-fri,09:00,17:00,Europe/Berlin,,,2026-07-01,2026-06-01": "valid_to lies before",
    ",mon-fri,09:00,17:00,Europe/Berlin,,,,": "names no calendar",
}


@pytest.mark.parametrize(("row", "what"), WRONG.items(), ids=WRONG.values())
def test_a_wrong_row_is_named_and_sets_its_calendar_aside(
    tmp_path: Path, row: str, what: str
) -> None:
    openings, _, [finding] = read(
        written(tmp_path, BERLIN.replace("desk", "other"), BERLIN.replace("mon-fri", "sat"), row)
    )

    assert (finding.seed, finding.line, finding.entry) == ("business_hours", 4, row)
    assert what in finding.finding
    assert {o.calendar for o in openings} == ({"other"} if row[0] != "," else {"other", "desk"})


CLASHES = {
    "desk,wed,08:00,10:00,Europe/Berlin,DE,BY,,": "hours of one weekday overlap",
    "desk,wed,08:00,09:00,Europe/Berlin,DE,BY,2026-07-01,": "two versions of a weekday overlap",
    "desk,sun,08:00,09:00,Europe/Paris,DE,BY,,": "one time zone",
}


@pytest.mark.parametrize(("row", "what"), CLASHES.items(), ids=CLASHES.values())
def test_a_row_that_contradicts_another_is_named_with_it(
    tmp_path: Path, row: str, what: str
) -> None:
    openings, _, [finding] = read(written(tmp_path, BERLIN, row))

    assert finding.line == 3
    assert what in finding.finding
    assert finding.finding.endswith("compare line 2")
    assert openings == []


def test_a_team_without_a_sound_row_is_named(tmp_path: Path) -> None:
    teams = ("desk,t1,desk", "desk,t1,desk", "desk,t2,dsk", ",t3,desk", "desk,t4,")
    _, _, findings = read(written(tmp_path, BERLIN, teams=teams))

    assert {(f.line, f.finding.split(":")[0]) for f in findings} == {
        (3, "the team has a calendar already, in line 2, which counts"),
        (4, "business_hours has no calendar 'dsk'"),
        (5, "a team's id is its source's own"),
        (6, "the row names no calendar"),
    }


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    (tmp_path / "business_hours.csv").write_text("calendar,weekday\n")

    assert read(tmp_path)[2] == [
        Finding("business_hours", 1, "", "", f"the column opens is missing: write {HOURS}")
    ]


def test_tables_are_made_anew_only_where_something_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = duckdb.connect()
    db.execute(
        "create schema raw; create table raw.cases (created_at timestamp, _loaded_at timestamp)"
    )
    seeds = written(tmp_path, BERLIN, teams=(",,desk",))

    assert calendars.refresh(db, seeds)
    assert not calendars.refresh(db, seeds)
    assert db.sql("select count(*) from calendars.hours").fetchall() != []

    db.execute("insert into raw.cases values ('2025-03-01', '2026-03-01')")
    assert calendars.refresh(db, seeds)
    days = db.sql("select min(day), max(day) from calendars.hours").fetchall()
    assert days == [(date(2024, 1, 2), date(2027, 12, 31))]
    # within the same years nothing is made anew
    db.execute("insert into raw.cases values ('2025-06-01', '2026-05-01')")
    assert not calendars.refresh(db, seeds)

    written(tmp_path, BERLIN.replace("17:00", "18:00"), teams=(",,desk",))
    assert calendars.refresh(db, seeds)
    monkeypatch.setattr(tables, "version", lambda _: "newer")
    assert calendars.refresh(db, seeds)


def test_without_seeds_there_is_no_business_clock(tmp_path: Path) -> None:
    db = duckdb.connect()
    db.execute(
        "create schema raw; create table raw.cases (created_at timestamp, _loaded_at timestamp)"
    )
    calendars.refresh(db, tmp_path)

    for table in ("hours", "teams", "findings"):
        assert db.sql(f"select count(*) from calendars.{table}").fetchall() == [(0,)]
