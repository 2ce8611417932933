"""Histories of tickets written by hand, and what every clock makes of them.

The calendar `office` works from 9 to 17 in Berlin, Bavaria's holidays left out: 8 to 16 UTC in
winter, 7 to 15 in summer. `always` never rests.
"""

from __future__ import annotations

import shutil
from datetime import date, datetime
from itertools import count
from typing import TYPE_CHECKING

import pytest
from statsmodels.stats.proportion import proportion_confint
from warehouse import SEEDS, Warehouse

if TYPE_CHECKING:
    from pathlib import Path

    from warehouse import Rows

pytestmark = pytest.mark.slow

HOURS = """calendar,weekday,opens,closes,time_zone,country,subdivision,valid_from,valid_to
office,mon-fri,09:00,17:00,Europe/Berlin,DE,BY,,
always,1-7,00:00,24:00,UTC,,,,
wrong,mon-fri,17:00,09:00,Europe/Berlin,DE,BY,,
"""
TEAMS = """source,team_ref,calendar
desk,,office
desk,night,always
desk,broken,wrong
"""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


class Tickets:
    """Collects histories: `open>solved` is a change of state, other steps are messages."""

    def __init__(self) -> None:
        self.rows: Rows = {"cases": [], "case_messages": [], "case_changes": []}
        self.ids = (f"{n}" for n in count(1))

    def add(
        self,
        case_id: str,
        opened: str,
        *steps: tuple[str, str],
        status: str = "solved",
        **more: object,
    ) -> None:
        own = {
            "source": "desk",
            "case_id": case_id,
            **{k: more.pop(k) for k in ["source"] if k in more},
        }
        self.rows["cases"].append(
            {
                **own,
                "status": status,
                "created_at": at(opened),
                "updated_at": at(opened),
                "opened_by": "customer",
                **more,
            }
        )
        for moment, step in steps:
            if ">" in step:
                self._change(own, at(moment), step)
            else:
                self._message(own, at(moment), step)

    def _change(self, own: dict[str, str], moment: datetime, step: str) -> None:
        field, _, states = step.rpartition(":")
        old, new = (text or None for text in states.split(">"))
        change = {"change_id": next(self.ids), "field": field or "status"}
        values = {"old_value": old, "new_value": new, "changed_at": moment}
        self.rows["case_changes"].append({**own, **change, **values})

    def _message(self, own: dict[str, str], moment: datetime, step: str) -> None:
        role = "agent" if step == "note" else step
        said = {"message_id": next(self.ids), "author_role": role, "is_public": step != "note"}
        self.rows["case_messages"].append(
            {**own, **said, "created_at": moment, "updated_at": moment}
        )


def histories() -> Rows:
    tickets = Tickets()
    add = tickets.add
    # clocks go forward on Sunday 29 March
    add(
        "dst",
        "2026-03-27 15:00",
        ("2026-03-27 15:00", "customer"),
        ("2026-03-27 15:00", ">new"),
        ("2026-03-30 08:00", "agent"),
        ("2026-03-30 08:00", "new>pending"),
        ("2026-03-30 09:00", "pending>solved"),
    )
    # Epiphany, a Tuesday
    add(
        "holiday",
        "2026-01-05 15:00",
        ("2026-01-07 09:00", "agent"),
        ("2026-01-07 09:00", "open>solved"),
    )
    add(
        "twice",
        "2026-06-01 08:00",
        ("2026-06-01 09:00", "agent"),
        ("2026-06-01 09:00", "new>solved"),
        ("2026-06-01 10:00", "solved>open"),
        ("2026-06-01 11:00", "open>solved"),
        ("2026-06-02 08:00", "solved>open"),
        ("2026-06-02 09:00", "open>solved"),
    )
    add(
        "merged",
        "2026-06-01 08:00",
        ("2026-06-01 08:30", "merged_into_ref:>twice"),
        ("2026-06-01 08:30", "new>closed"),
        status="closed",
    )
    add(
        "note",
        "2026-06-01 08:00",
        ("2026-06-01 08:00", "customer"),
        ("2026-06-01 08:10", "note"),
        ("2026-06-01 09:00", "agent"),
        ("2026-06-01 10:00", "customer"),
        ("2026-06-01 10:05", "customer"),
        ("2026-06-01 10:20", "note"),
        ("2026-06-01 10:30", "agent"),
        ("2026-06-01 11:00", "customer"),
        ("2026-06-01 11:10", "agent"),
        ("2026-06-01 12:00", "customer"),
        status="open",
    )
    add(
        "agent",
        "2026-06-01 08:00",
        ("2026-06-01 08:00", "agent"),
        ("2026-06-01 08:20", "customer"),
        ("2026-06-01 09:00", "agent"),
        ("2026-06-01 09:00", "pending>solved"),
        opened_by="agent",
    )
    add("closed", "2026-06-01 08:00", ("2026-06-01 12:00", "open>closed"), status="closed")
    add(
        "backwards",
        "2026-06-01 08:00",
        ("2026-06-01 07:00", "agent"),
        ("2026-06-01 07:30", "open>solved"),
    )
    # given to another team as it is put on hold
    add(
        "handed",
        "2026-06-01 14:00",
        ("2026-06-01 14:00", "team_ref:>day"),
        ("2026-06-01 14:00", ">open"),
        ("2026-06-01 15:00", "open>on_hold"),
        ("2026-06-01 15:00", "team_ref:day>night"),
        ("2026-06-01 20:00", "on_hold>solved"),
        team_ref="night",
    )
    add("untold", "2026-06-01 08:00", solved_at=at("2026-06-01 09:00"), team_ref="broken")
    add("gap", "2026-06-01 08:00", ("2026-06-01 09:00", "new>open"))
    add("fresh", "2026-06-01 08:00", status="new")
    # nobody works by a calendar there
    add("away", "2026-06-01 08:00", ("2026-06-01 09:00", "agent"), source="shop")
    return tickets.rows


def returns() -> Rows:
    """Who came back after a solution on 1 June."""
    tickets = Tickets()
    solved = ("2026-06-01 09:00", "open>solved")

    def add(
        case_id: str, *steps: tuple[str, str], opened: str = "2026-06-01 08:00", **more: object
    ) -> None:
        tickets.add(case_id, opened, *(steps or [solved]), source="fcr", **more)

    add("quiet", person_ref="quiet", topic="bill")
    add("again", person_ref="again", topic="bill")
    add(
        "again2",
        ("2026-06-08 09:00", "open>solved"),
        opened="2026-06-08 08:59",
        person_ref="again",
        topic="bill",
    )
    add("other", person_ref="other", topic="bill")
    add(
        "other2",
        ("2026-06-02 08:00", ">open"),
        opened="2026-06-02 08:00",
        person_ref="other",
        topic="parcel",
        status="open",
    )
    add("late", person_ref="late", topic="bill")
    add(
        "late2",
        ("2026-06-08 09:01", ">open"),
        opened="2026-06-08 09:01",
        person_ref="late",
        topic="bill",
        status="open",
    )
    add("double", person_ref="double", topic="bill")
    add(
        "double2",
        ("2026-06-01 08:20", "merged_into_ref:>double"),
        opened="2026-06-01 08:10",
        person_ref="double",
        topic="bill",
        status="closed",
    )
    add("back", solved, ("2026-06-05 08:00", "solved>open"), person_ref="back", status="open")
    add(
        "back_late",
        solved,
        ("2026-06-10 08:00", "solved>open"),
        person_ref="back_late",
        status="open",
    )
    add("nobody", topic="bill")
    add("unsolved", ("2026-06-01 08:00", ">open"), person_ref="unsolved", status="open")
    # the last that was heard of the source
    add(
        "recent",
        ("2026-06-19 09:00", "open>solved"),
        opened="2026-06-20 08:00",
        person_ref="recent",
    )
    people = [
        {
            "source": "fcr",
            "person_ref": c["person_ref"],
            "created_at": at("2026-01-01"),
            "updated_at": at("2026-01-01"),
        }
        for c in {c["person_ref"]: c for c in tickets.rows["cases"] if "person_ref" in c}.values()
    ]
    return {**tickets.rows, "people": people}


def queue() -> Rows:
    tickets = Tickets()
    tickets.add(
        "q1",
        "2026-01-10 00:00",
        ("2026-02-10 00:00", "open>solved"),
        ("2026-03-05 00:00", "solved>open"),
        ("2026-04-01 00:00", "open>solved"),
        source="queue",
    )
    tickets.add(
        "q2",
        "2026-02-20 00:00",
        ("2026-02-21 00:00", "open>pending"),
        source="queue",
        status="pending",
    )
    tickets.add(
        "q3",
        "2026-02-20 00:00",
        ("2026-02-21 00:00", "merged_into_ref:>q2"),
        source="queue",
        status="closed",
    )
    # of these no changes are told
    tickets.add("q4", "2026-03-02 00:00", source="queue", solved_at=at("2026-03-31 23:59"))
    tickets.add("q5", "2026-04-15 00:00", source="queue", status="open")
    return tickets.rows


LATER = at("2026-07-01 00:00")
STATED = {
    # case and clock: minutes and business minutes that the source states, what becomes of both
    ("dst", "first_reply"): (3900, 121, ("agrees", "agrees")),
    ("dst", "resolution"): (3960, 200, ("agrees", "other_business_hours")),
    ("dst", "agent_wait"): (None, None, ("not_stated", "not_stated")),
    ("holiday", "first_reply"): (2600, 120, ("unexplained", "agrees")),
    ("twice", "resolution"): (60, 60, ("changed_since", "changed_since")),
    ("merged", "resolution"): (30, 30, ("merged", "merged")),
    ("note", "requester_wait"): (60, 60, ("states_not_told", "states_not_told")),
    ("note", "resolution"): (None, None, ()),
    ("agent", "first_reply"): (0, 60, ("agent_created", "agrees")),
    ("closed", "first_resolution"): (None, None, ("closed_unsolved", "closed_unsolved")),
    ("backwards", "first_reply"): (0, 0, ("clock_runs_backwards", "clock_runs_backwards")),
    ("fresh", "requester_wait"): (None, None, ("stated_when_solved", "stated_when_solved")),
    ("untold", "resolution"): (60, 60, ("agrees", "other_business_hours")),
}


def stated() -> Rows:
    """What the source states as of July; of `twice` as of before it was reopened."""
    return {
        "case_clocks_stated": [
            {
                "source": "desk",
                "case_id": case,
                "clock": clock,
                "minutes": minutes,
                "business_minutes": business_minutes,
                "updated_at": at("2026-06-01 09:30") if case == "twice" else LATER,
            }
            for (case, clock), (minutes, business_minutes, _) in STATED.items()
        ]
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    folder = tmp_path_factory.mktemp("clocks")
    seeds = folder / "seeds"
    shutil.copytree(SEEDS, seeds)
    (seeds / "business_hours.csv").write_text(HOURS)
    (seeds / "team_calendars.csv").write_text(TEAMS)
    warehouse = Warehouse(folder / "house")
    for rows in (histories(), returns(), queue(), stated()):
        warehouse.load(rows)
    warehouse.dbt("build", "--resource-type", "seed", "--resource-type", "model", seeds=seeds)
    return warehouse


CLOCKS = {
    # case: column: value
    "dst": {
        "calendar": "office",
        "first_reply_minutes": 3900,
        "business_first_reply_minutes": 120,
        "resolution_minutes": 3960,
        "business_resolution_minutes": 180,
        "requester_wait_minutes": 3900,
        "business_requester_wait_minutes": 120,
        "agent_wait_minutes": 60,
        "is_one_touch": True,
        "clock_findings": None,
    },
    "holiday": {"first_reply_minutes": 2520, "business_first_reply_minutes": 120},
    "twice": {
        "reopens": 2,
        "is_reopened": True,
        "is_one_touch": False,
        "first_resolution_minutes": 60,
        "resolution_minutes": 1500,
        "business_first_resolution_minutes": 60,
        "business_resolution_minutes": 540,
        "requester_wait_minutes": 180,
        "business_requester_wait_minutes": 180,
        "agent_wait_minutes": 0,
    },
    "merged": {
        "is_merged": True,
        "resolution_minutes": None,
        "resolution_is_censored": False,
        "first_reply_is_censored": False,
        "is_one_touch": None,
        "is_waiting": False,
    },
    "note": {
        "first_reply_minutes": 60,
        "next_replies": 2,
        "next_reply_minutes": 20,
        "next_reply_mean_minutes": 20,
        "waiting_since": at("2026-06-01 12:00"),
        "is_one_touch": None,
    },
    "agent": {
        "first_reply_minutes": 60,
        "agent_wait_minutes": 60,
        "requester_wait_minutes": 0,
        "business_requester_wait_minutes": 0,
    },
    "closed": {"first_resolution_minutes": 240, "resolution_minutes": 240, "is_one_touch": None},
    "backwards": {
        "first_reply_minutes": None,
        "business_first_reply_minutes": None,
        "first_reply_is_censored": False,
        "resolution_minutes": None,
        "business_resolution_minutes": None,
        "first_resolution_minutes": None,
        "requester_wait_minutes": 0,
        "clock_findings": "replied_before_opening|resolved_before_opening|changed_before_opening",
    },
    "handed": {
        "calendar": "office",
        "resolution_minutes": 360,
        "business_resolution_minutes": 60,
        "requester_wait_minutes": 360,
        "business_requester_wait_minutes": 360,
        "group_stations": 2,
    },
    "untold": {
        "calendar": "wrong",
        "resolution_minutes": 60,
        "business_resolution_minutes": None,
        "requester_wait_minutes": None,
        "group_stations": 1,
    },
    "gap": {"requester_wait_minutes": None, "agent_wait_minutes": None},
    "fresh": {"requester_wait_minutes": 0, "waits_are_censored": True},
    "away": {"calendar": None, "first_reply_minutes": 60, "business_first_reply_minutes": None},
}


@pytest.mark.parametrize("case", CLOCKS)
def test_a_history_has_these_clocks(built: Warehouse, case: str) -> None:
    wanted = CLOCKS[case]
    [row] = built.rows(
        f"select {', '.join(wanted)} from release.main.cases where case_ref = '{case}'"
    )
    assert dict(zip(wanted, row, strict=True)) == wanted


def test_no_clock_is_negative(built: Warehouse) -> None:
    with built.open() as db:
        cases = db.sql("select columns('_minutes$') from release.main.cases").pl()
        waits = db.sql("select value from release.main.metrics where metric like '%median'").pl()
    assert min(v for column in [*cases, *waits] for v in column if v is not None) >= 0


def test_who_came_back_was_not_helped_at_first_contact(built: Warehouse) -> None:
    found = built.rows(
        "select case_ref, is_first_contact_resolution from release.main.cases where source = 'fcr'"
    )
    assert dict(found) == {
        "quiet": True,
        "again": False,  # a minute before seven days were over
        "again2": True,
        "other": True,
        "other2": None,
        "late": True,
        "late2": None,
        "double": True,
        "double2": None,
        "back": False,
        "back_late": True,
        "nobody": None,
        "unsolved": None,
        "recent": None,
    }


def test_the_backlog_counts_who_was_open_at_each_months_end(built: Warehouse) -> None:
    found = built.rows(
        "select period_grain, month_end, open_cases, age_days_median, age_days_p90,"
        " oldest_created_at from release.main.case_backlog where source = 'queue'"
        " and touchpoint = 'all' order by month_end nulls last"
    )
    first, second = at("2026-01-10"), at("2026-02-20")
    assert found == [
        ("month", date(2026, 1, 31), 1, 22.0, 22.0, first),
        ("month", date(2026, 2, 28), 1, 9.0, 9.0, second),
        # solved as April began, and open no more
        ("month", date(2026, 3, 31), 1, 40.0, 40.0, second),
        ("now", None, 2, 27.0, 48.6, second),
    ]


def test_a_clock_that_differs_from_the_sources_own_says_why(built: Warehouse) -> None:
    found = built.rows(
        "select case_ref, clock, coalesce(reason, 'agrees') from release.main.case_parity"
        " order by case_ref, clock, hours desc"
    )
    told: dict[tuple[str, str], tuple[str, ...]] = {}
    for case, clock, verdict in found:
        told[case, clock] = (*told.get((case, clock), ()), verdict)
    assert told == {key: verdicts for key, (_, _, verdicts) in STATED.items() if verdicts}


def test_a_match_rate_has_wilsons_interval(built: Warehouse) -> None:
    [row] = built.rows(
        "select cases, compared, agreed, match_rate, match_rate_low, match_rate_high, not_ours,"
        " not_stated, reasons from release.main.case_parity_summary"
        " where clock = 'first_reply' and hours = 'calendar'"
    )
    low, high = proportion_confint(1, 3, method="wilson")
    wanted = (4, 3, 1, 100 / 3, 100 * low, 100 * high, 1, 0)
    assert row[:-1] == pytest.approx(wanted, abs=1e-3)
    assert row[-1] == "agent_created 1, clock_runs_backwards 1, unexplained 1"


def test_rows_and_cases_that_cannot_be_right_are_named(built: Warehouse) -> None:
    found = built.rows(
        "select severity, place, entry, n, finding from release.main.clocks_to_check"
    )
    [wrong] = [row for row in found if row[0] == "wrong"]
    assert wrong[1:3] == (
        "business_hours",
        "line 4: wrong,mon-fri,17:00,09:00,Europe/Berlin,DE,BY,,",
    )
    assert wrong[4].startswith("calendar wrong is set aside: it closes before it opens")
    looks = {(place, entry): n for severity, place, entry, n, _ in found if severity == "look"}
    findings = CLOCKS["backwards"]["clock_findings"]
    assert looks[("cases", f"desk,{findings}")] == 1
    assert looks[("team_calendars", "shop")] == 1
    assert looks[("cases", "desk")] == 3  # untold, gap and note, whose changes nobody told


def test_without_calendars_every_other_clock_runs(tmp_path: Path) -> None:
    seeds = tmp_path / "seeds"
    shutil.copytree(SEEDS, seeds)
    # an instance from before there were calendars has no such seeds
    for seed in ("business_hours", "team_calendars"):
        (seeds / f"{seed}.csv").unlink()
    warehouse = Warehouse(tmp_path / "house")
    warehouse.load(histories())
    warehouse.dbt("build", "--exclude-resource-type", "unit_test", seeds=seeds)

    business = "select columns('^business|^calendar') from release.main.cases"
    assert {value for row in warehouse.rows(business) for value in row} == {None}
    assert warehouse.rows("select count(*) from intermediate.int_business_stretches") == [(0,)]
    told = "select requester_wait_minutes from release.main.cases where case_ref = 'twice'"
    assert warehouse.rows(told) == [(180,)]
    measured = "select distinct metric from release.main.metrics where metric like 'business%'"
    assert warehouse.rows(measured) == []
    assert (
        warehouse.rows("select * from release.main.clocks_to_check where severity = 'wrong'") == []
    )
