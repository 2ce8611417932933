"""The warehouse without a person: raw, what is made of it, free blocks, and what lands again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from house import WHEN, House, review

from connectors.erasure import Addresses, Sought, Tombstones
from connectors.errors import FixConfiguration, FixEnvironment, Locked
from orchestration.dbt.manifest import PROJECT
from orchestration.erasure import people
from orchestration.erasure.landed import clear, keep_out, packages, tombstones
from orchestration.publishing.versions import Versions, began
from orchestration.warehouse import Connection, Loader, connect, erasures

ANN, BEN = "ann.otter@example.org", "ben@example.org"
KEY = "a key of sixteen bytes"


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EARFUL_RESPONDENT_KEY", KEY)


@pytest.fixture
def stocked(house: House) -> House:
    """Two reviews by Ann, one by Ben that speaks of her; what is made of them; history of ids."""
    by_ann = [review(n, email=ANN, body="it came late") for n in (1, 2)]
    house.land([*by_ann, review(3, email=BEN, body=f"ask {ANN}")])
    house.load()
    with connect(house.settings.warehouse) as db:
        db.execute(
            """
            create schema intermediate;
            create table intermediate.int_customer_ids as
                select * from (values (1, 11), (2, 12)) as t (node_id, customer_id);
            create table intermediate.int_identity_changes as
                select * from (values (11, 13), (13, 11), (12, 14))
                as t (customer_id, other_customer_id);
            create table intermediate.int_voices as select email from raw.reviews;
            create view intermediate.int_mentions as from intermediate.int_voices;
            insert into matching.links values
                ('app', 'U1', 'crm', 'C1', 0.99, 'link', 'm'),
                ('app', 'U2', 'crm', 'C2', 0.99, 'link', 'm');
            """
        )
    return house


def ann(house: House, *names: str) -> Sought:
    sought = Sought(Tombstones.read(house.settings.landing, KEY.encode()), Addresses([ANN]))
    sought.known.add([f"email\x1f{ANN}", *names])
    return sought


def take_out(house: House, sought: Sought, customers: list[int] | None = None) -> erasures.Found:
    with connect(house.settings.warehouse) as db:
        return erasures.take_out(db, sought, customers or [])


def load(house: House) -> dict[str, int]:
    """Load as a run does. Returns the rows that were kept out."""
    with connect(house.settings.warehouse) as db:
        loader = Loader(db, house.landing)
        kept_out = keep_out(house.settings, db, loader)
        loader.load()
    return dict(kept_out.rows)


def test_rows_go_and_mentions_are_masked(stocked: House) -> None:
    found = take_out(stocked, ann(stocked))

    assert (found.rows, found.masked) == ({"reviews": 2}, {"reviews": 1})
    assert stocked.rows("select review_id, email, body from raw.reviews") == [
        ("3", BEN, "ask [erased]")
    ]


def test_what_is_made_of_raw_goes_and_the_history_of_others_stays(stocked: House) -> None:
    take_out(stocked, ann(stocked, "person\x1fcrm\x1fC1"), [11])

    left = stocked.rows(
        "select schema_name, table_name from duckdb_tables() "
        "where schema_name <> 'raw' order by all"
    )
    assert left == [
        ("intermediate", "int_customer_ids"),
        ("intermediate", "int_identity_changes"),
        ("matching", "links"),
    ]
    assert stocked.rows("select view_name from duckdb_views() where not internal") == []
    assert stocked.rows("select customer_id from intermediate.int_customer_ids") == [(12,)]
    assert stocked.rows("from intermediate.int_identity_changes") == [(12, 14)]
    assert stocked.rows("select person_ref_a from matching.links") == [("U2",)]


def test_what_no_build_makes_anew_is_kept_and_cleared_by_name() -> None:
    """A model that keeps its past is lost with the others unless the erasure knows of it."""
    models = (PROJECT / "models").rglob("*.sql")
    keep = {path.stem for path in models if "full_refresh=false" in path.read_text()}

    assert keep == set(erasures.HISTORY)


def test_rows_that_the_gate_set_aside_go_too(stocked: House) -> None:
    with connect(stocked.settings.warehouse) as db:
        db.execute(
            "insert into raw.reviews__rejects by name select *, 'odd' as _reason from raw.reviews"
        )
    take_out(stocked, ann(stocked))

    assert stocked.rows("select email from raw.reviews__rejects") == [(BEN,)]


def test_a_failure_in_the_middle_changes_nothing(
    stocked: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: Connection) -> None:
        raise RuntimeError("the plug")

    with monkeypatch.context() as patched, pytest.raises(RuntimeError, match="plug"):
        patched.setattr(erasures, "_drop_made", fails)
        take_out(stocked, ann(stocked), [11])

    assert stocked.rows(
        "select count(*) from raw.reviews where email = ?".replace("?", f"'{ANN}'")
    )[0] == (2,)
    assert len(stocked.rows("from intermediate.int_customer_ids")) == 2
    assert stocked.rows("from raw._erasures") == []


def test_the_copy_has_no_trace_in_free_blocks(stocked: House) -> None:
    file = stocked.settings.warehouse
    take_out(stocked, ann(stocked))
    with connect(file) as db:
        db.execute("force checkpoint")
    assert b"it came late" in file.read_bytes()
    kept = stocked.rows("from raw.reviews"), stocked.rows("from raw._loads")

    assert erasures.compact(file)
    assert b"it came late" not in file.read_bytes()
    assert ANN.encode() not in file.read_bytes()
    assert (stocked.rows("from raw.reviews"), stocked.rows("from raw._loads")) == kept
    assert not erasures.compact(file)


def test_a_copy_keeps_what_the_loader_relies_on(stocked: House) -> None:
    take_out(stocked, ann(stocked))
    erasures.compact(stocked.settings.warehouse)
    stocked.land([review(4, email=BEN)])
    load(stocked)

    assert stocked.rows("select review_id from raw.reviews order by 1") == [("3",), ("4",)]
    with (
        connect(stocked.settings.warehouse) as db,
        pytest.raises(duckdb.ConstraintException, match="NOT NULL"),
    ):
        db.execute("insert into raw._erasures values (null, 0, 0, true)")


def remember(house: House, *names: str) -> None:
    stones = tombstones(house.settings)
    stones.add([f"email\x1f{ANN}", *names])
    stones.write()


def test_whoever_was_erased_is_kept_out_of_landing_and_raw(house: House) -> None:
    remember(house)
    manifest = house.land([review(5, email=ANN.upper()), review(6, email=BEN)])

    assert load(house) == {"reviews": 1}
    assert house.rows("select review_id from raw.reviews") == [("6",)]
    [kept] = house.landing.manifests("app", "reviews")
    assert (kept.erased, kept.tables["reviews"].rows) == ({"reviews": 1}, 1)
    assert kept.counts == manifest.counts


def test_an_erasure_that_was_cut_off_is_finished_by_the_next_load(stocked: House) -> None:
    remember(stocked)
    stocked.land([review(5, email=ANN), review(6, email=BEN)])

    assert load(stocked) == {"reviews": 3}
    assert stocked.rows("select review_id from raw.reviews order by 1") == [("3",), ("6",)]


def test_what_landed_before_its_case_was_known_to_be_theirs_goes(house: House) -> None:
    at: dict[str, Any] = {"created_at": WHEN, "updated_at": WHEN}
    message = {"message_id": "m1", "author_role": "agent", "is_public": True, "body": "hello", **at}
    remember(house)
    house.land([{"case_id": "T1", **message}, {"case_id": "T2", **message}], "case_messages")
    assert load(house) == {}
    house.land([{"case_id": "T1", "email": ANN, **at}], "cases")

    assert load(house) == {"case_messages": 1, "cases": 1}
    assert house.rows("select case_id from raw.case_messages") == [("T2",)]
    assert house.rows("from raw.cases") == []
    # T1 is known now, whoever is named with it
    house.land([{"case_id": "T1", **message}], "case_messages")
    assert load(house) == {"case_messages": 1}


def test_a_warehouse_made_anew_has_nobody_who_was_erased(stocked: House) -> None:
    remember(stocked)
    stocked.settings.warehouse.unlink()

    assert load(stocked) == {"reviews": 2}
    assert stocked.rows("select email from raw.reviews") == [(BEN,)]


def test_nothing_is_loaded_without_the_key(stocked: House, monkeypatch: pytest.MonkeyPatch) -> None:
    remember(stocked)
    stocked.land([review(5, email=BEN)])
    monkeypatch.setenv("EARFUL_RESPONDENT_KEY", "another key of some length")

    with pytest.raises(FixConfiguration, match="another key"):
        load(stocked)
    monkeypatch.delenv("EARFUL_RESPONDENT_KEY")
    with pytest.raises(FixConfiguration, match="EARFUL_RESPONDENT_KEY"):
        load(stocked)
    assert ("5",) not in stocked.rows("select review_id from raw.reviews")


def test_a_package_that_another_took_the_place_of_is_cleared_too(house: House) -> None:
    rows = [review(1, email=ANN), review(2, email=BEN)]
    first = house.land(rows)
    house.land(rows, load_id=f"{first.load_id}.r1", facts={"supersedes": [first.load_id]})
    taken = clear(house.settings, packages(house.settings), ann(house))

    assert taken.rows == {"reviews": 2}
    files = list(house.settings.landing.rglob("*.parquet"))
    assert [pl.read_parquet(file)["email"].to_list() for file in files] == [[BEN], [BEN]]


@pytest.mark.parametrize("how", ["missing", "changed"])
def test_a_damaged_package_is_named_before_anything_changes(house: House, how: str) -> None:
    manifest = house.land([review(1, email=ANN)])
    file = house.landing.folder("app", "reviews") / manifest.load_id / "reviews.parquet"
    file.unlink() if how == "missing" else file.write_bytes(b"else")

    with pytest.raises(FixEnvironment, match=r"reviews\.parquet: the file is missing"):
        packages(house.settings)
    remember(house)
    with pytest.raises(FixEnvironment, match=r"reviews\.parquet: the file is missing"):
        load(house)


def test_a_stream_that_is_being_landed_is_waited_for_by_whoever_asked(stocked: House) -> None:
    with stocked.landing.writing("app", "reviews"), pytest.raises(Locked):
        clear(stocked.settings, packages(stocked.settings), ann(stocked))


def test_nobody_is_looked_for_where_the_models_are_not_built(stocked: House) -> None:
    with (
        connect(stocked.settings.warehouse, read_only=True) as db,
        pytest.raises(FixEnvironment, match="earful run"),
    ):
        people.find(db, [ANN], tombstones(stocked.settings), lambda *_: None)


def test_versions_of_before_can_be_told_and_dropped(tmp_path: Path) -> None:
    versions = Versions(tmp_path)
    names = [versions.finish(versions.begin(), 9) for _ in range(3)]
    moment = began(names[1])

    assert [began(f"{name}.r0001") for name in names] == sorted(map(began, names))
    assert began(names[2]) - moment > timedelta()
    versions.drop(name for name in names if began(name) < moment)
    assert versions.names() == names[1:]
    versions.drop(names)
    assert versions.names() == names[2:]
