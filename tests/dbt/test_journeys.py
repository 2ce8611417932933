from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from warehouse import SEEDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from warehouse import Rows, Warehouse

pytestmark = pytest.mark.slow

MODELS = (
    *("--exclude-resource-type", "unit_test", "--indirect-selection", "buildable"),
    *("--select", "+journeys_to_check", "+journey_steps", "+customers"),
)
FIRST = datetime(2026, 6, 1)  # noqa: DTZ001  # times in the warehouse are naive UTC
BAD_DEFINITIONS = """
whose,nobody,,,,,
endless,,,99999,,,
zero,,,0,,,
words,,,soon,,,
again,,,30,,3,help by another name
"""
BAD_MARKS = """
again,start,case_opened,,,
again,goal,case_solved,,,
again,failure,refund,,,
zero,start,order,,,
circle,start,order,,,
"""
WHOLE = """
    select journey, outcome, touches, party_id
    from release.main.journeys where journey not in ('help', 'unheard') order by all
"""


def orders(count: int, **changed: object) -> list[dict[str, object]]:
    return [
        {
            "event_id": f"o{n}",
            "person_ref": "p1",
            "event_type": "order",
            "amount": 5,
            "currency": "EUR",
            "occurred_at": FIRST + timedelta(minutes=n),
            "updated_at": FIRST,
            **changed,
        }
        for n in range(count)
    ]


def company() -> Rows:
    case = {"source": "desk", "case_id": "c1"}
    return {
        "people": [{"person_ref": "p1", "created_at": FIRST, "updated_at": FIRST}],
        "value_events": orders(3),
        "cases": [{**case, "person_ref": "p1", "created_at": FIRST, "updated_at": FIRST}],
    }


def seeds(folder: Path, definitions: str, marks: str) -> Path:
    shutil.copytree(SEEDS, folder)
    for name, rows in (("journey_definitions", definitions), ("journey_marks", marks)):
        path = folder / f"{name}.csv"
        path.write_text(path.read_text() + rows.lstrip())
    return folder


def findings(house: Warehouse, severity: str) -> list[tuple[str, str]]:
    return house.rows(
        f"select entry, finding from release.main.journeys_to_check where severity = '{severity}'"
    )


def test_a_bad_definition_is_named_and_stops_no_other(
    warehouse: Callable[[str], Warehouse], tmp_path: Path
) -> None:
    good, bad = warehouse("good"), warehouse("bad")
    for house in (good, bad):
        house.load(company())
    good.dbt("build", *MODELS, seeds=SEEDS)

    said = bad.dbt("build", *MODELS, seeds=seeds(tmp_path / "s", BAD_DEFINITIONS, BAD_MARKS))

    assert "WARN=1 ERROR=0" in said
    assert {entry for entry, _ in findings(bad, "wrong")} == {
        "whose,nobody,,,,",
        "endless,,,99999,,",
        "zero,,,0,,",
        "words,,,soon,,",
        "again,,,30,,3",
        "help,,,30,,3",
        "circle,start,order,,",
    }
    assert bad.rows(WHOLE) == good.rows(WHOLE) != []
    assert findings(good, "wrong") == []


def test_times_that_cannot_be_and_machines_are_reported_and_cost_no_more_than_they_must(
    warehouse: Callable[[str], Warehouse], tmp_path: Path
) -> None:
    """Ten thousand orders of one customer, each the start of a journey of its own."""
    rows = company()
    rows["value_events"] = [
        *orders(10_001),
        *orders(1, event_id="epoch", occurred_at=datetime(1970, 1, 1)),  # noqa: DTZ001
        *orders(1, event_id="typo", occurred_at=datetime(2099, 1, 1)),  # noqa: DTZ001
    ]
    house = warehouse("house")
    house.load(rows)
    marks = "each_order,start,order,,,\nunheard,start,usage,,nowhere,\n"
    house.dbt(
        "build",
        *MODELS,
        seeds=seeds(tmp_path / "s", "each_order,,true,30,,,\nunheard,,,30,,,\n", marks),
    )

    [customer] = house.rows("select customer_id from release.main.customers where touches > 9")[0]
    assert {(entry, text.split(":")[0]) for entry, text in findings(house, "look")} == {
        ("demo,order", "before 1990-01-01"),
        ("demo,order", "more than 366 days ahead"),
        ("each_order", "more than 10 at once"),
        ("unheard", "nobody ever started it"),
        # the seeds of all tests have it, and here nobody is in an account
        ("account_help", "nobody ever started it"),
        (
            "unheard,start,usage,,nowhere",
            "no voice was ever at this touchpoint, and no rule names it",
        ),
        (f"customer_id {customer}", "more than 10000 touches of one customer"),
    }
    count = "select count(*) from release.main.journey_steps where journey = 'each_order'"
    assert house.rows(count)[0][0] < 10 * 10_002
