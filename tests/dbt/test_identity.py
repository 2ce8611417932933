"""What becomes of customer ids from build to build, and what links nobody."""

from __future__ import annotations

import csv
import shutil
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from warehouse import SEEDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from warehouse import Rows, Warehouse

WHEN = datetime(2026, 6, 1)  # noqa: DTZ001  # times in the warehouse are naive UTC
pytestmark = pytest.mark.slow
MODELS = (
    "identity_changes",
    "identity_conflicts",
    "identity_links",
    "int_identity_review",
    "int_record_customers",
)
GONE = "no record holds a reference any more"
Override = tuple[str, str, str]


def person(ref: str, source: str = "shop", day: int = 0, **values: object) -> dict[str, Any]:
    """A row of people, as told on a day."""
    at = WHEN + timedelta(days=day)
    return {"source": source, "person_ref": ref, "created_at": WHEN, "updated_at": at, **values}


class Identities:
    """A warehouse of which only identity is built."""

    def __init__(self, warehouse: Warehouse, seeds: Path) -> None:
        """Nothing is built yet; `seeds` is where overrides are written to."""
        self.warehouse = warehouse
        self.seeds = seeds
        shutil.copytree(SEEDS, seeds)

    def override(self, *rows: Override) -> None:
        """Replace the overrides: an action and two people of the shop each."""
        path = self.seeds / "identity_overrides.csv"
        header = path.read_text().splitlines()[0]
        with path.open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            file.write(f"{header}\n")
            writer.writerows(
                [action, "shop", "person", a, "shop", "person", b, "told"] for action, a, b in rows
            )

    def build(self, *people: dict[str, Any], full: bool = False, **rows: list[Any]) -> None:
        """Load people and other rows, and build identity."""
        loaded: Rows = {"people": list(people), **rows}
        if any(loaded.values()):
            self.warehouse.load(loaded)
        self.warehouse.dbt(
            "build",
            *("--resource-type", "seed", "--resource-type", "model"),
            *("--select", *(f"+{model}" for model in MODELS)),
            *(["--full-refresh"] if full else []),
            seeds=self.seeds,
        )

    def customer(self, ref: str) -> int:
        """The customer that a person is now."""
        [(found,)] = self.warehouse.rows(
            "select customer_id from release.main.identity_links"
            f" where reference = '{ref}' and reference_kind = 'person' and until is null"
        )
        return int(found)

    def changes(self) -> list[tuple[Any, ...]]:
        """All changes, build by build: id, change, other id, references, rule, today's id."""
        return self.warehouse.rows(
            "select customer_id, change, other_customer_id, reference_count, rule,"
            " current_customer_id from release.main.identity_changes order by changed_at, change"
        )

    def set_aside(self) -> set[str]:
        """References that the blocklist names."""
        return {
            value
            for (value,) in self.warehouse.rows(
                "select value from intermediate.int_references"
                " where set_aside_reason like 'blocklist%'"
            )
        }

    def conflicts(self) -> list[tuple[Any, ...]]:
        """What is published of conflicts, without the words."""
        return self.warehouse.rows(
            "select problem, reference_kind, names, customers, override_row"
            " from release.main.identity_conflicts order by conflict"
        )


@pytest.fixture
def identities(warehouse: Callable[[str], Warehouse], tmp_path: Path) -> Identities:
    return Identities(warehouse("house"), tmp_path / "seeds")


def test_merged_split_and_ended_customers_are_told_with_who_they_are_today(
    identities: Identities,
) -> None:
    identities.build(person("a", email="a@b.test"), person("b", email="b@b.test"), person("c"))
    a, b, c = map(identities.customer, "abc")
    assert identities.changes() == []
    identities.build()
    assert identities.changes() == []

    # b is found to be a: three references with one customer, who is the older one
    identities.build(person("b", day=1, email="a@b.test"))
    [kept] = {identities.customer("a"), identities.customer("b")}
    gone = a if kept == b else b
    merged = (gone, "merged", kept, 1 if gone == b else 2, "same email", kept)
    # b's former address is nobody's any more, which changes no id
    assert identities.changes() == [merged]

    # and is not, after all; and c is gone
    identities.build(person("b", day=2, email="b@b.test"), person("c", day=2, _deleted=True))
    assert {identities.customer("a"), identities.customer("b")} == {a, b}
    rule = "no record links them any more"
    assert identities.changes() == [
        (*merged[:5], gone),
        (c, "ended", None, 1, GONE, None),
        (kept, "split", gone, merged[3] if gone == a else 1, rule, kept),
        (gone, "split off", kept, merged[3] if gone == a else 1, rule, gone),
    ]

    # nothing is told twice
    told = identities.changes()
    identities.build()
    assert identities.changes() == told

    identities.build(person("c", day=3))
    assert identities.changes() == [
        *told[:1],
        (c, "ended", None, 1, GONE, c),
        *told[2:],
        (c, "returned", None, 1, None, c),
    ]


def test_an_old_id_leads_through_two_merges_to_who_it_is_today(identities: Identities) -> None:
    identities.build(*(person(ref) for ref in "abc"))
    ids = {identities.customer(ref) for ref in "abc"}
    identities.override(("force_same", "a", "b"))
    identities.build()
    identities.override(("force_same", "a", "b"), ("force_same", "b", "c"))
    identities.build()

    [today] = {identities.customer(ref) for ref in "abc"}
    changes = identities.changes()
    assert [(change, rule) for _, change, _, _, rule, _ in changes] == [
        ("merged", "declared the same")
    ] * 2
    assert {row[0] for row in changes} == ids - {today}
    assert {row[5] for row in changes} == {today}


def test_a_clock_that_is_set_back_hides_no_change(identities: Identities) -> None:
    identities.build(person("a"), person("b"))
    with identities.warehouse.open() as db:
        db.execute("update intermediate.int_customer_ids set since = timestamp '2999-12-31'")

    identities.override(("force_same", "a", "b"))
    identities.build()
    identities.override(("force_different", "a", "b"))
    identities.build()

    changes = [change for _, change, *_ in identities.changes()]
    assert changes == ["merged", "split", "split off"]


def test_told_anew_as_a_whole_changes_are_those_that_the_builds_told(
    identities: Identities,
) -> None:
    identities.build(*(person(ref, email=f"{ref}@b.test") for ref in "abcd"))
    identities.override(("force_same", "a", "b"), ("force_same", "c", "d"))
    identities.build()
    identities.override(("force_same", "a", "c"))
    identities.build(person("d", day=1, _deleted=True))
    query = "select * exclude (rule) from intermediate.int_identity_changes order by change_id"
    told = identities.warehouse.rows(query)

    with identities.warehouse.open() as db:
        db.execute("drop table intermediate.int_identity_changes")
    identities.warehouse.dbt("run", "--select", "int_identity_changes", seeds=identities.seeds)

    assert identities.warehouse.rows(query) == told
    assert {row[3] for row in told} == {"merged", "split", "split off"}


def test_a_full_refresh_forgets_no_change(identities: Identities) -> None:
    identities.build(person("a", email="a@b.test"), person("b", email="b@b.test"))
    identities.build(person("b", day=1, email="a@b.test"))
    told = identities.changes()
    assert told != []
    # of a version that counted no builds
    with identities.warehouse.open() as db:
        for counter in ("mentions_build", "links_build"):
            db.execute(f"alter table intermediate.int_customer_ids drop column {counter}")
    # a build that ends before it gets there is no worse for it
    identities.warehouse.dbt("run", "--select", "int_mentions", seeds=identities.seeds)

    identities.build(full=True)

    assert identities.changes() == told


def test_an_address_that_would_join_too_many_customers_is_set_aside(
    identities: Identities,
) -> None:
    """Eleven systems know a desk by one name each; eleven know a customer, and her number."""
    desk = [person(f"d{n}", f"tool{n}", email="desk@b.test") for n in range(11)]
    customer = [
        # the seed says that the ids of shop and desk are shared
        person(f"c{n}", ("shop", "desk")[n % 2], external_id="77", email="c@b.test")
        for n in range(3)
    ] + [person(f"e{n}", f"tool{n}", email="c@b.test") for n in range(9)]
    # guests leave no id: a front desk's number joins none of their addresses
    guests = [
        {
            "source": "shop",
            "event_id": f"o{n}",
            "event_type": "order",
            "occurred_at": WHEN,
            "updated_at": WHEN,
            "email": f"guest{n}@b.test",
            "phone": "+49 30 1234567",
        }
        for n in range(11)
    ]

    identities.build(*desk, *customer, value_events=guests)

    assert identities.conflicts() == [
        ("too many customers", "email", 1, 11, None),
        ("too many customers", "phone", 0, 11, None),
    ]
    assert len({identities.customer(f"d{n}") for n in range(11)}) == 11
    assert (
        len({identities.customer(f"{p}{n}") for p, m in (("c", 3), ("e", 9)) for n in range(m)})
        == 1
    )
    assert identities.warehouse.rows(
        "select count(distinct customer_id) from intermediate.int_record_customers"
        " where origin = 'value_events'"
    ) == [(11,)]


def test_overrides_that_contradict_each_other_are_named_by_row_and_others_hold(
    identities: Identities,
) -> None:
    identities.override(
        ("force_same", "a", "b"),
        ("force_same", "b", "c"),
        ("force_different", "x", "y"),
        ("force_different", "a", "c"),
        ("force_different", "b", "a"),
        ("force_same", "c", "typo"),
        ("force_different", "z", "z"),
    )
    identities.build(
        *(person(ref) for ref in "abcz"),
        *(person(ref, email="xy@b.test") for ref in "xy"),
    )

    assert identities.conflicts() == [
        ("contradicted", "person", None, None, 4),
        ("contradicted", "person", None, None, 5),
        ("contradicted", "person", None, None, 7),
        ("names nobody", "person", None, None, 6),
    ]
    findings = identities.warehouse.rows(
        "select finding from release.main.identity_conflicts where override_row = 4"
    )
    assert findings == [
        ("rows 1, 2, 6 declare to be one whom this one declares different: take out what is wrong",)
    ]
    assert len({identities.customer(ref) for ref in "abc"}) == 1
    assert len({identities.customer(ref) for ref in "xy"}) == 2


def test_an_override_that_nobody_can_follow_is_named_by_row_and_stops_nothing(
    identities: Identities,
) -> None:
    identities.override(
        ("FORCE_SAME", "a", "b"),
        ("force_same ", "b", "c"),
        ("merge", "c", "d"),
        ("", "c", "d"),
        (" Force_Different", "x", "y"),
        ("force_same", "x", "z"),
        ("force_different", "z", "z"),
        ("force_same", "y", "y"),
    )
    identities.build(
        *(person(ref) for ref in "abcdz"),
        *(person(ref, email="xy@b.test") for ref in "xy"),
    )
    # its tests too: that of another action used to stop the build
    identities.warehouse.dbt("test", "--select", "identity_overrides", seeds=identities.seeds)

    neither = "its action is neither force_same nor force_different: write one of them"
    itself = "a reference is never different from itself: correct the row, or take it out"
    assert identities.warehouse.rows(
        "select override_row, problem, finding from release.main.identity_conflicts order by all"
    ) == [
        (3, "unusable", f"row 3: {neither}"),
        (4, "unusable", f"row 4: {neither}"),
        (7, "contradicted", f"row 7: {itself}"),
    ]
    assert len({identities.customer(ref) for ref in "abc"}) == 1
    assert len({identities.customer(ref) for ref in "cdxy"}) == 4
    assert identities.customer("x") == identities.customer("z")


def test_what_is_listed_is_compared_as_references_are_and_an_increment_notices(
    identities: Identities,
) -> None:
    identities.build(
        person("a", email="zoe.odd@gmail.com", phone="+49 170 1234567"),
        person("b", email="zoeodd@googlemail.com", phone="0170 7654321"),
        person("c", email="c@odd.test", external_id="N/A", phone="+49 170 7777778"),
        person("d", email="d@mail.test"),
    )
    path = identities.seeds / "identity_blocklist.csv"
    sound = path.read_text()
    assert "zoeodd@gmail.com" not in identities.set_aside()

    # two rows of one mailbox, which are one
    path.write_text(f"{sound}email,Zoe.Odd@gmail.com,a desk\nemail,zoeodd@googlemail.com,a desk\n")
    identities.build()
    assert identities.set_aside() == {"zoeodd@gmail.com", "N/A"}

    path.write_text(
        f"{sound}phone,0049 (170) 123-4567,a booth\n Phone ,(0170) 7654321 ,a booth\n"
        "EMAIL, @Odd.test ,a desk\nemail,@googlemail.com,a test\n"
    )
    identities.build()
    assert identities.set_aside() == {
        *("+491701234567", "01707654321", "c@odd.test", "zoeodd@gmail.com", "N/A")
    }


def test_what_the_probabilistic_pass_is_sure_of_links_and_the_rest_is_to_be_reviewed(
    identities: Identities,
) -> None:
    def found(*pairs: tuple[str, str, float, str]) -> None:
        with identities.warehouse.open() as db:
            db.execute("delete from matching.links")
            db.executemany(
                "insert into matching.links values ('shop', ?, 'shop', ?, ?, ?, 'm1')", pairs
            )

    def to_review() -> list[tuple[Any, ...]]:
        return identities.warehouse.rows(
            "select least(person_ref_a, person_ref_b), greatest(person_ref_a, person_ref_b)"
            " from intermediate.int_identity_review order by all"
        )

    found(("a", "b", 0.99987, "link"), ("c", "d", 0.95, "review"), ("e", "c", 0.92, "review"))
    identities.override(("force_different", "c", "e"))
    identities.build(*(person(ref) for ref in "abcde"))

    assert len({identities.customer(ref) for ref in "abcde"}) == 4
    assert identities.customer("a") == identities.customer("b")
    assert to_review() == [("c", "d")]
    assert identities.warehouse.rows(
        "select distinct rule from release.main.identity_links where reference in ('a', 'b')"
    ) == [("matched, p=0.9998",)]

    # the pass thinks otherwise, and a person decided
    found(("c", "d", 0.95, "review"))
    identities.override(("force_same", "d", "c"))
    identities.build()

    assert len({identities.customer(ref) for ref in "abcde"}) == 4
    assert identities.customer("c") == identities.customer("d")
    assert to_review() == []
    assert {change for _, change, *_ in identities.changes()} == {"merged", "split", "split off"}
