"""Reads the two seeds, and names each row that cannot be right."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from orchestration.calendars.holiday import regions

HOURS = "business_hours"
TEAMS = "team_calendars"
_COLUMNS = {
    HOURS: (
        *("calendar", "weekday", "opens", "closes", "time_zone", "country", "subdivision"),
        *("valid_from", "valid_to"),
    ),
    TEAMS: ("source", "team_ref", "calendar"),
}
_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAYS = {
    word: day for day, name in enumerate(_NAMES) for word in (name, name[:3], str(day + 1))
}
_DAY_MINUTES = 24 * 60

Row = dict[str, str]
_Parsed = TypeVar("_Parsed")


@dataclass(frozen=True)
class Opening:
    """Hours that a calendar has on some weekdays of a stretch of time; minutes of the local day."""

    line: int
    calendar: str
    weekdays: frozenset[int]
    opens: int
    closes: int
    time_zone: str
    country: str
    subdivision: str
    valid_from: date
    valid_to: date


@dataclass(frozen=True)
class Team:
    """Which calendar a team works by; empty texts stand for any."""

    line: int
    source: str
    team_ref: str
    calendar: str


@dataclass(frozen=True)
class Finding:
    """A row that cannot be right: seed, line of the file, the row, what is wrong and what to do."""

    seed: str
    line: int
    calendar: str
    entry: str
    finding: str


def read(seeds: Path) -> tuple[list[Opening], list[Team], list[Finding]]:
    """What both seeds say; calendars with a wrong row are left out, and the row is a finding."""
    findings: list[Finding] = []
    openings = list(_parsed(seeds, HOURS, _opening, findings))
    openings = list(_agreeing(openings, findings))
    named = {row["calendar"] for _, row in _rows(seeds, HOURS, [])}
    teams = list(_parsed(seeds, TEAMS, _team, findings))
    _judge_teams(teams, named, findings)
    wrong = {f.calendar for f in findings if f.seed == HOURS}
    return [o for o in openings if o.calendar not in wrong], teams, findings


def _rows(seeds: Path, seed: str, findings: list[Finding]) -> Iterator[tuple[int, Row]]:
    """Rows of a seed with their lines; none where an instance has no such file."""
    path = seeds / f"{seed}.csv"
    if not path.is_file():
        return
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        missing = [c for c in _COLUMNS[seed] if c not in (reader.fieldnames or ())]
        if missing:
            what = f"the column {missing[0]} is missing: write {','.join(_COLUMNS[seed])}"
            findings.append(Finding(seed, 1, "", "", what))
            return
        for row in reader:
            yield reader.line_num, {c: (row[c] or "").strip() for c in _COLUMNS[seed]}


def _parsed(
    seeds: Path, seed: str, parse: Callable[[int, Row], _Parsed], findings: list[Finding]
) -> Iterator[_Parsed]:
    for line, row in _rows(seeds, seed, findings):
        try:
            parsed = parse(line, row)
        except ValueError as error:
            entry = ",".join(row.values())
            findings.append(Finding(seed, line, row["calendar"], entry, str(error)))
        else:
            yield parsed


def _opening(line: int, row: Row) -> Opening:
    if not row["calendar"]:
        raise ValueError("the row names no calendar: fill calendar")
    opens, closes = _minutes("opens", row["opens"]), _minutes("closes", row["closes"])
    if opens >= closes:
        raise ValueError(
            "it closes before it opens: hours past midnight are two rows, to 24:00 and from 00:00"
        )
    _require_zone(row["time_zone"])
    _require_region(row["country"], row["subdivision"])
    valid_from = _day("valid_from", row["valid_from"]) or date.min
    valid_to = _day("valid_to", row["valid_to"]) or date.max
    if valid_from > valid_to:
        raise ValueError("valid_to lies before valid_from: both days belong to the stretch")
    return Opening(
        line,
        row["calendar"],
        _weekdays(row["weekday"]),
        opens,
        closes,
        row["time_zone"],
        row["country"],
        row["subdivision"],
        valid_from,
        valid_to,
    )


def _team(line: int, row: Row) -> Team:
    if not row["calendar"]:
        raise ValueError("the row names no calendar: fill calendar, or leave the row out")
    if row["team_ref"] and not row["source"]:
        raise ValueError("a team's id is its source's own: fill source too")
    return Team(line, row["source"], row["team_ref"], row["calendar"])


def _weekdays(text: str) -> frozenset[int]:
    first, dash, last = (part.strip().lower() for part in text.partition("-"))
    begin, end = _WEEKDAYS.get(first), _WEEKDAYS.get(last if dash else first)
    if begin is None or end is None:
        raise ValueError(
            f"'{text}' is no weekday: write mon to sun, 1 (Monday) to 7, or a range such as mon-fri"
        )
    return frozenset((begin + step) % 7 for step in range((end - begin) % 7 + 1))


def _minutes(column: str, text: str) -> int:
    hours, colon, minutes = text.partition(":")
    if colon and hours.isdecimal() and minutes.isdecimal() and int(minutes) < 60:  # noqa: PLR2004
        found = 60 * int(hours) + int(minutes)
        if found <= _DAY_MINUTES:
            return found
    raise ValueError(f"{column} is no time of a day: write 09:00, up to 24:00")


def _day(column: str, text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ValueError(f"{column} is no day: write 2026-12-31") from None


def _require_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(
            f"'{name}' is no time zone: write a name of the IANA database, such as Europe/Berlin"
        ) from None


def _require_region(country: str, subdivision: str) -> None:
    if not country and not subdivision:
        return
    known = regions()
    if country not in known:
        raise ValueError(
            f"no holidays are known of the country '{country}': write ISO 3166-1, such as DE, "
            "or leave it empty for none"
        )
    if subdivision and subdivision not in known[country]:
        raise ValueError(
            f"{country} has no subdivision '{subdivision}': write one of "
            f"{', '.join(known[country]) or 'none'}"
        )


def _agreeing(openings: list[Opening], findings: list[Finding]) -> Iterator[Opening]:
    """Rows that contradict no earlier row of their calendar."""
    clashes: dict[int, str] = {}
    for one, other in combinations(openings, 2):
        if one.calendar == other.calendar and (what := _clash(one, other)):
            clashes.setdefault(other.line, f"{what} line {one.line}")
    for opening in openings:
        if opening.line in clashes:
            entry = f"{opening.calendar},{opening.valid_from},{opening.valid_to}"
            clash = clashes[opening.line]
            findings.append(Finding(HOURS, opening.line, opening.calendar, entry, clash))
        else:
            yield opening


def _clash(one: Opening, other: Opening) -> str | None:
    if one.valid_from > other.valid_to or other.valid_from > one.valid_to:
        return None
    places = [(o.time_zone, o.country, o.subdivision) for o in (one, other)]
    if places[0] != places[1]:
        return "at one time a calendar has one time zone, country and subdivision: compare"
    if not one.weekdays & other.weekdays:
        return None
    if (one.valid_from, one.valid_to) != (other.valid_from, other.valid_to):
        return "two versions of a weekday overlap: end one with valid_to; compare"
    if one.opens < other.closes and other.opens < one.closes:
        return "hours of one weekday overlap: compare"
    return None


def _judge_teams(teams: list[Team], named: set[str], findings: list[Finding]) -> None:
    seen: dict[tuple[str, str], int] = {}
    for team in teams:
        entry = f"{team.source},{team.team_ref},{team.calendar}"
        if team.calendar not in named:
            what = f"{HOURS} has no calendar '{team.calendar}': mend the name, or add its hours"
            findings.append(Finding(TEAMS, team.line, team.calendar, entry, what))
        first = seen.setdefault((team.source, team.team_ref), team.line)
        if first != team.line:
            what = f"the team has a calendar already, in line {first}, which counts: keep one"
            findings.append(Finding(TEAMS, team.line, team.calendar, entry, what))
