from __future__ import annotations

import csv
import shutil
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from warehouse import SEEDS, Warehouse

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow
WHEN = datetime(2026, 6, 1)  # noqa: DTZ001  # times in the warehouse are naive UTC
LINKS = ("--select", "+identity_links", "--exclude-resource-type", "test", "unit_test")
"""What makes links of references; the rest of the models says nothing of it."""


def person(ref: str, source: str = "shop", **values: object) -> dict[str, Any]:
    """A row of people."""
    return {"source": source, "person_ref": ref, "created_at": WHEN, "updated_at": WHEN, **values}


def review(ref: str, source: str = "shop", **values: object) -> dict[str, Any]:
    """A row of reviews."""
    return {
        "source": source,
        "review_id": ref,
        "reviewed_at": WHEN,
        "updated_at": WHEN,
        "rating": 4,
        "scale_min": 1,
        "scale_max": 5,
        **values,
    }


def seeds_with(folder: Path, **rows: list[list[str]]) -> Path:
    """A copy of the tests' seeds with rows added."""
    shutil.copytree(SEEDS, folder)
    for seed, added in rows.items():
        with (folder / f"{seed}.csv").open("a", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(added)
    return folder


def address(ref: str, value: str, source: str = "shop", **values: object) -> dict[str, Any]:
    """A row of person_addresses."""
    row = {"source": source, "person_ref": ref, "kind": "email", "value": value}
    return {**row, "person_updated_at": WHEN, **values}


PEOPLE = [
    # a chain of three: an address joins two sources, a number a third record
    person("chain1", "desk", email="Ann@mail.test"),
    person("chain2", "shop", email=" ann@MAIL.test", phone="+49 170 1234567"),
    # nothing but what is missing is the same
    person("null1"),
    person("null2"),
    person("info1", email="info@firm.test"),
    person("info2", email="info@firm.test"),
    *(person(f"crowd{n}", email="desk@firm.test") for n in range(4)),
    person("old", merged_into_ref="new"),
    person("new"),
    # shop and desk share their ids (the seed says so), app does not
    person("x1", "shop", external_id="77"),
    person("x2", "desk", external_id="77"),
    person("x3", "app", external_id="77"),
    person("same1"),
    person("same2"),
    person("twin1", email="twins@mail.test"),
    person("twin2", email="twins@mail.test"),
    # what further addresses join, and what they do not
    person("many1", email="many@mail.test"),
    person("many2", "desk", email="many@work.test"),
    person("many3", "app", phone="+49 171 7654321"),
    person("dotted1", email="d.1@gmail.com"),
    person("dotted2"),
    person("sales1", email="sa.les@gmail.com"),
    person("spelt1", phone="0171 2345678", phone_e164="+491712345678"),
    person("spelt2", "desk", email="jodoe@gmail.com"),
    person("spelt3", "app", phone="+49 171 2345678"),
    person("left1", _deleted=True),
    person("left2", email="left@mail.test"),
    person("hall1", email="hall1@mail.test"),
    person("hall2", email="hall2@mail.test"),
    person("hall3", email="hall3@mail.test"),
    person("hall4", email="hall4@mail.test"),
]
ADDRESSES = [
    address("many1", "Many@Work.test"),
    address("many1", "0049 171 7654321", kind="phone"),
    address("spelt1", "Jo.Doe+shop@googlemail.com"),
    address("left1", "left@mail.test"),
    *(address(f"hall{n}", "hall@mail.test") for n in (1, 2, 3, 4)),
]
REVIEWS = [
    review("chain3", "app", phone="0049 (170) 1234567", body="Mail ann@mail.test or 0170 1234567"),
    review("nobody", "app", body="I like it"),
]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A warehouse with one family of each case of identity."""
    folder = tmp_path_factory.mktemp("identity")
    overrides = [
        ["force_same", "shop", "person", "same1", "shop", "person", "same2", "they told us"],
        ["force_different", "shop", "person", "twin1", "shop", "person", "twin2", "twins"],
        ["force_same", "", "email", "d1+x@googlemail.com", "shop", "person", "dotted2", "told"],
        ["force_same", "shop", "person", "typo", "shop", "person", "same1", "misspelt"],
    ]
    warehouse = Warehouse(folder / "warehouse")
    warehouse.load({"people": PEOPLE, "person_addresses": ADDRESSES, "reviews": REVIEWS})
    blocklist = [["email", "s.ales+eu@googlemail.com", "a desk"]]
    seeds = seeds_with(folder / "seeds", identity_overrides=overrides, identity_blocklist=blocklist)
    warehouse.dbt("--warn-error", "build", "--exclude-resource-type", "unit_test", seeds=seeds)
    return warehouse


def customers(built: Warehouse, *refs: str) -> list[int]:
    """The customer of each person, by the person's id at its source."""
    found = dict(
        built.rows(
            "select reference, customer_id from release.main.identity_links"
            " where reference_kind = 'person' and until is null"
        )
    )
    return [found[ref] for ref in refs]


def test_a_chain_of_references_is_one_customer(built: Warehouse) -> None:
    [by_phone] = built.rows(
        "select customer_id from release.main.journey_events"
        " where source = 'app' and customer_id is not null"
    )[0]

    assert set(customers(built, "chain1", "chain2")) == {by_phone}


def test_what_is_missing_links_nobody(built: Warehouse) -> None:
    assert len(set(customers(built, "null1", "null2"))) == 2
    assert built.rows(
        "select count(*) from release.main.journey_events where customer_id is null"
    ) == [(1,)]


def test_a_desk_and_a_crowd_link_nobody_and_are_reported(built: Warehouse) -> None:
    assert len(set(customers(built, "info1", "info2"))) == 2
    assert len(set(customers(built, "crowd0", "crowd1", "crowd2", "crowd3"))) == 4
    assert built.rows(
        "select value, reason from intermediate.int_identity_conflicts"
        " where kind = 'email' order by all"
    ) == [
        ("desk@firm.test", "shared by 4 names"),
        ("hall@mail.test", "shared by 4 names"),
        ("info@firm.test", "blocklist: a desk"),
        ("sales@gmail.com", "blocklist: a desk"),
    ]


def test_further_addresses_make_one_customer_of_what_they_name(built: Warehouse) -> None:
    assert len(set(customers(built, "many1", "many2", "many3"))) == 1


def test_two_spellings_of_one_address_or_number_are_one_customer(built: Warehouse) -> None:
    assert len(set(customers(built, "spelt1", "spelt2", "spelt3"))) == 1


def test_overrides_and_the_blocklist_go_by_the_mailbox_too(built: Warehouse) -> None:
    assert len(set(customers(built, "dotted1", "dotted2"))) == 1
    assert built.rows(
        "select value, reason from intermediate.int_identity_conflicts where value like 'sales%'"
    ) == [("sales@gmail.com", "blocklist: a desk")]


def test_the_further_address_of_a_deleted_person_names_nobody(built: Warehouse) -> None:
    # nobody but left2 is known by it
    assert built.rows(
        "select names from intermediate.int_references where value = 'left@mail.test'"
    ) == [(1,)]


def test_a_person_merged_at_the_source_is_one_customer(built: Warehouse) -> None:
    assert len(set(customers(built, "old", "new"))) == 1


def test_external_ids_link_only_within_a_namespace(built: Warehouse) -> None:
    shop, desk, app = customers(built, "x1", "x2", "x3")

    assert shop == desk != app


def test_overrides_join_and_part(built: Warehouse) -> None:
    assert len(set(customers(built, "same1", "same2"))) == 1
    assert len(set(customers(built, "twin1", "twin2"))) == 2


def test_an_override_that_names_nobody_is_reported(built: Warehouse) -> None:
    [(reason,)] = built.rows(
        "select reason from intermediate.int_identity_conflicts where value = 'typo'"
    )

    assert "check its spelling" in reason


def test_the_release_holds_no_address_and_no_number(built: Warehouse) -> None:
    columns = built.rows(
        "select table_name, column_name from duckdb_columns()"
        " where database_name = 'release' and data_type = 'VARCHAR'"
    )

    for table, column in columns:
        query = f"select count(*) from release.main.{table} where {column} ~ '@|170.?1234567'"
        assert built.rows(query) == [(0,)], f"{table}.{column}"
    assert len(columns) > 80


def test_the_release_opens_in_old_clients_and_explains_itself(built: Warehouse) -> None:
    assert built.rows(
        "select tags['storage_version'] from duckdb_databases() where database_name = 'release'"
    ) == [("v1.0.0+",)]
    assert (
        built.rows(
            "select table_name, column_name from duckdb_columns()"
            " where database_name = 'release' and comment is null"
        )
        == []
    )


def test_a_further_address_parts_again_when_its_person_is_told_without_it(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "warehouse")
    other = person("other", "desk", email="b@b.test")
    warehouse.load(
        {
            "people": [person("one", email="a@b.test"), other],
            "person_addresses": [address("one", "b@b.test")],
        }
    )
    warehouse.dbt("build", *LINKS, seeds=SEEDS)
    assert len(set(customers(warehouse, "one", "other"))) == 1

    later = datetime(2026, 6, 2)  # noqa: DTZ001  # times in the warehouse are naive UTC
    warehouse.load({"people": [person("one", email="a@b.test", updated_at=later)]})
    warehouse.dbt("build", *LINKS, seeds=SEEDS)

    assert len(set(customers(warehouse, "one", "other"))) == 2
    # the link that was is told with its end
    assert warehouse.rows(
        "select count(*) from release.main.identity_links where until is not null"
    ) > [(0,)]


def test_no_customer_id_is_made_of_a_further_address(tmp_path: Path) -> None:
    """Who knows the ids of people could try addresses against it."""
    made = []
    for value in ("a@b.test", "c@d.test"):
        warehouse = Warehouse(tmp_path / value)
        warehouse.load({"person_addresses": [address("p", value)]})
        warehouse.dbt("build", *LINKS, seeds=SEEDS)
        made.append(
            warehouse.rows("select anchor_id from intermediate.int_references order by kind")
        )

    assert made[0] == made[1]


def test_a_customer_keeps_their_id_when_what_it_was_made_of_goes(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "warehouse")
    warehouse.load({"people": [person("first", email="a@b.test")]})
    warehouse.load({"people": [person("second", "desk", email="a@b.test")]})
    warehouse.dbt("build", *LINKS, seeds=SEEDS)
    [before] = set(customers(warehouse, "first", "second"))
    gone = person("first", _deleted=True, updated_at=datetime(2026, 6, 2))  # noqa: DTZ001
    warehouse.load({"people": [gone]})
    warehouse.dbt("build", *LINKS, seeds=SEEDS)

    assert customers(warehouse, "second") == [before]
    assert warehouse.rows(
        "select count(*) from release.main.identity_links where until is not null"
    ) == [(1,)]
