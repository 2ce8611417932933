"""Identity day by day against identity made anew each day: the same rows, ids and history."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from test_identity import WHEN, Identities, Override, person  # the folder is on the path

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from warehouse import Rows, Warehouse

pytestmark = pytest.mark.slow
# builds by their order instead of their times
HISTORY = """
    with ids as (select * from intermediate.int_customer_ids)
    select node_id, customer_id, born, is_end, dense_rank() over (order by moment) as build
    from (
        select node_id, customer_id, born, false as is_end, since as moment from ids
        union all
        select node_id, customer_id, born, true, until from ids where until is not null
    ) order by all
"""
# whose links all went stays in the table, alone
CLUSTERS = """
    select node_id, cluster from intermediate.int_identity_clusters
    qualify count(*) over (partition by cluster) > 1 order by all
"""
COLUMNS = {
    "intermediate.int_combinations": "* exclude (since, build)",
    "intermediate.int_references": "* exclude (build)",
    "intermediate.int_set_aside": "*",
    "intermediate.int_identity_edges": "*",
    "intermediate.int_record_customers": "record_id, origin, customer_id",
    "intermediate.int_identity_changes": (
        "* exclude (change_id, changed_at), dense_rank() over (order by changed_at)"
    ),
    "release.main.identity_links": (
        "* exclude (since, until, links_build), dense_rank() over (order by since), until is null"
    ),
    "release.main.identity_conflicts": "*",
}
QUERIES = {
    **{table: f"select {columns} from {table} order by all" for table, columns in COLUMNS.items()},
    "clusters": CLUSTERS,
    "ids": HISTORY,
}


class Town:
    """People whom several systems know, who move, merge, go and come back."""

    def __init__(self, seed: int, people: int = 40) -> None:
        """Draw everything from `seed`, so that a failure can be drawn again."""
        self.dice = random.Random(seed)  # noqa: S311  # not for secrets
        self.people = people
        # who share a number, most of the time
        self.pairs = [(f"p{n}", f"p{n + 1}") for n in range(0, people, 2)]

    def day(self, day: int) -> Rows:
        """Records of a day: new, told again, gone; a hall's address comes and goes."""
        share = 0.6 if day == 0 else 0.15
        drawn = [n for n in range(self.people) if self.dice.random() < share]
        hall = [n for n in range(14) if self.dice.random() < (0.9 if day % 2 else 0.3)]
        people = [self._person(n, day) for n in drawn]
        people += [person("h", f"tool{n}", day, email="hall@b.test") for n in hall]
        people += [person("h", f"tool{n}", day) for n in set(range(14)) - set(hall)]
        if day == 0:
            people += [person(f"t{n}", email=f"twins{n // 2}@b.test") for n in range(4)]
        elif day == 1:
            # what the other shares with nobody any more links again
            people.append(person("t3", day=day, email="alone@b.test"))
        return {
            "people": people,
            "value_events": [self._order(n, day) for n in drawn if self.dice.random() < 0.7],
        }

    def _person(self, number: int, day: int) -> dict[str, Any]:
        values = {
            **self._addresses(number),
            "external_id": self._mostly(f"x{number % 30}"),
            "full_name": f"Name {number % 35}",
            "merged_into_ref": self.dice.choice([f"p{number // 2}", *[None] * 9]),
            "_deleted": self.dice.random() < 0.15,
        }
        return person(f"p{number}", self.dice.choice(["shop", "desk"]), day, **values)

    def _order(self, number: int, day: int) -> dict[str, Any]:
        """An order of one of a few numbers, so that orders change hands."""
        return {
            "source": "shop",
            "event_id": f"o{self.dice.randrange(30)}",
            "event_type": "order",
            "person_ref": self._mostly(f"p{number}"),
            **self._addresses(number),
            "occurred_at": WHEN,
            "updated_at": WHEN.replace(hour=day + 1),
            "_deleted": self.dice.random() < 0.1,
        }

    def _addresses(self, number: int) -> dict[str, Any]:
        near = (number + self.dice.choice([0, 0, 0, 1])) % self.people
        return {
            # a few share a desk's: more names of a source than three on some days, fewer on others
            "email": self._mostly("desk@b.test" if number % 4 == 0 else f"m{near}@b.test"),
            "phone": self._mostly(f"+49170{1000000 + near // 2}"),
        }

    def _mostly(self, value: str) -> str | None:
        return value if self.dice.random() < 0.6 else None

    def overrides(self, day: int) -> list[Override]:
        """Other ones each time, and two pairs of twins, of whom one is found to be one later."""
        actions = ("force_same", "force_different", "force_different")
        rows = [(self.dice.choice(actions), *pair) for pair in self.dice.sample(self.pairs, 8)]
        twins = [("t2", "t3")] if day == 3 else [("t0", "t1"), ("t2", "t3")]
        return rows + [("force_different", *pair) for pair in twins]

    def matches(self) -> list[tuple[str, str]]:
        """Pairs that the probabilistic pass is sure of."""
        drawn = self.dice.sample(range(self.people), 4)
        return [(f"p{drawn[0]}", f"p{drawn[1]}"), (f"p{drawn[2]}", f"p{drawn[3]}")]


def _matched(warehouse: Warehouse, pairs: list[tuple[str, str]]) -> None:
    with warehouse.open() as db:
        db.execute("delete from matching.links")
        db.executemany(
            "insert into matching.links values ('shop', ?, 'shop', ?, 0.999, 'link', 'm1')", pairs
        )


@pytest.mark.parametrize("seed", [1])
def test_identity_day_by_day_is_identity_made_anew_each_day(
    warehouse: Callable[[str], Warehouse], tmp_path: Path, seed: int
) -> None:
    """Whatever came, changed, merged or went, after each day all is as if made anew."""
    town = Town(seed)
    stepwise = Identities(warehouse("stepwise"), tmp_path / "seeds")
    anew = Identities(warehouse("anew"), tmp_path / "not_read")
    # both by the same seeds, so that dbt is parsed once
    anew.seeds = stepwise.seeds
    problems: set[str] = set()
    for day in range(5):
        rows, matches = town.day(day), town.matches()
        if day in (0, 2, 3):
            stepwise.override(*town.overrides(day))
        if day == 3:
            blocklist = stepwise.seeds / "identity_blocklist.csv"
            blocklist.write_text(f"{blocklist.read_text()}phone,+491701000003,a booth\n")
        for house in (stepwise, anew):
            _matched(house.warehouse, matches)
            house.build(*rows["people"], value_events=rows["value_events"], full=house is anew)
        for table, query in QUERIES.items():
            assert stepwise.warehouse.rows(query) == anew.warehouse.rows(query), (table, day)
        problems |= {problem for problem, *_ in anew.conflicts()}

    # what is hard was there
    assert {"merged", "split", "split off"} <= {change for _, change, *_ in anew.changes()}
    assert {"blocklisted", "too many names", "too many customers"} <= problems
