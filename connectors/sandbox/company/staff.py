"""The house itself: teams, employees with managers, agents of the help desk and their groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.random import Generator

from connectors.sandbox.company.ids import Ints
from connectors.sandbox.company.plan import DAY, LANGUAGES, Plan
from connectors.sandbox.company.words import names

DOMAIN = "halmandhour.example"
HOUSE = "Halm & Hour"

# name, department, touchpoint, people, language, group of the help desk
_TEAMS = (
    ("English desk", "Customer care", "support", 11, 0, True),
    ("German desk", "Customer care", "support", 10, 1, True),
    ("French desk", "Customer care", "support", 7, 2, True),
    ("Spanish desk", "Customer care", "support", 7, 3, True),
    ("Dutch desk", "Customer care", "support", 7, 4, True),
    ("Billing desk", "Customer care", "billing", 8, 4, True),
    ("Warehouse", "Operations", "delivery", 16, 4, False),
    ("Carriers", "Operations", "delivery", 6, 4, False),
    ("App", "Product", "app", 9, 0, False),
    ("Subscriptions", "Product", "renewal", 7, 0, False),
    ("Welcome", "Product", "onboarding", 6, 4, False),
    ("Tasting room", "Product", None, 3, 2, False),
)
_DEPARTMENTS = ("Customer care", "Operations", "Product")
SMALL_TEAM = "Tasting room"
BILLING_GROUP = 5
HAPPY_ONLY_AGENTS = 4


@dataclass(frozen=True)
class Staff:
    """Everybody who works for the house; `agents` by group of the help desk."""

    teams: pl.DataFrame  # id, name, parent_id, touchpoint, headcount
    people: (
        pl.DataFrame
    )  # id, name, email, segment_id, manager_id, started_at, left_at, external_id
    agents: list[Ints]  # Zendesk user ids, the first of each group is there all the time
    agent_names: pl.DataFrame  # id, first, group
    groups: Ints
    happy_only: Ints  # agents who ask for a rating only where they expect a good one


def staff(plan: Plan) -> Staff:
    """The same house for every scale of one seed."""
    rng = np.random.default_rng([plan.config.seed, 0])
    teams = _teams()
    people = _people(plan, rng, teams)
    desk = [n for n, team in enumerate(_TEAMS) if team[5]]
    user = people.with_columns(user=pl.col("id") * 37 + 360_000_000_000)
    agents = [
        user.filter(
            pl.col("team") == n, pl.col("left_at").is_null(), pl.col("started_at") <= plan.start
        )["user"].to_numpy()
        for n in desk
    ]
    happy = np.array([members[1] for members in agents[:HAPPY_ONLY_AGENTS]])
    return Staff(
        teams=teams,
        people=user,
        agents=agents,
        agent_names=user.filter(pl.col("team").is_in(desk)),
        groups=np.array([20_100_000 + n * 113 for n in desk]),
        happy_only=happy,
    )


def _teams() -> pl.DataFrame:
    root = {"id": 4000, "name": HOUSE, "parent_id": None, "touchpoint": None, "headcount": None}
    departments = [
        {"id": 4001 + n, "name": name, "parent_id": 4000, "touchpoint": None, "headcount": None}
        for n, name in enumerate(_DEPARTMENTS)
    ]
    teams = [
        {
            "id": 4010 + n,
            "name": name,
            "parent_id": 4001 + _DEPARTMENTS.index(department),
            "touchpoint": touchpoint,
            "headcount": size,
        }
        for n, (name, department, touchpoint, size, _, _) in enumerate(_TEAMS)
    ]
    return pl.DataFrame([root, *departments, *teams], infer_schema_length=None)


def _people(plan: Plan, rng: Generator, teams: pl.DataFrame) -> pl.DataFrame:
    """Team by team, its manager first; some come later, some leave and are replaced."""
    rows: list[dict[str, Any]] = []
    taken: set[str] = set()
    for number, (_, _, _, size, language, _) in enumerate(_TEAMS):
        manager = 700_100 + number * 100
        places: list[tuple[int, int | None]] = [(plan.start, None) for _ in range(size)]
        if size > 5 and plan.end - plan.start > 150 * DAY:
            leaves = int(rng.integers(plan.start + 90 * DAY, plan.end))
            places[-1] = (plan.start, leaves // DAY * DAY)
            places.append((leaves // DAY * DAY + 30 * DAY, None))
        for place, (start, end) in enumerate(places):
            first, last = _name(rng, LANGUAGES[language], taken)
            rows.append(
                {
                    "id": manager + place,
                    "team": number,
                    "first": first,
                    "name": f"{first} {last}",
                    "email": f"{first}.{last}@{DOMAIN}".lower().replace(" ", ""),
                    "segment_id": 4010 + number,
                    "manager_id": manager if place else None,
                    "started_at": start,
                    "left_at": end,
                    "external_id": f"E{1000 + len(rows)}",
                }
            )
    del teams
    return pl.DataFrame(rows, infer_schema_length=None)


def _name(rng: Generator, language: str, taken: set[str]) -> tuple[str, str]:
    while True:
        first = str(rng.choice(names.of(language, "first")))
        last = str(rng.choice(names.of(language, "last")))
        if f"{first} {last}" not in taken:
            taken.add(f"{first} {last}")
            return first, last
