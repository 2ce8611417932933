"""A package is in raw once or not at all, and every row of it is accounted for."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timedelta
from unittest.mock import patch

import duckdb
import pytest
from house import WHEN, House, review

from connectors.errors import FixEnvironment, Locked
from connectors.families import TABLES
from connectors.landing import Window
from orchestration.warehouse import connect, ledger

LATER = WHEN + timedelta(days=1)


def test_a_package_is_loaded_once(house: House) -> None:
    house.land([review(1), review(2)])

    assert house.load().rows["reviews"] == 2
    assert house.load().packages == []
    assert house.rows("select count(*) from raw.reviews") == [(2,)]


def test_without_the_ledger_rows_would_double(house: House) -> None:
    """Shows that the ledger is what keeps a package from being loaded twice."""
    house.land([review(1)])
    house.load()
    with patch.object(ledger, "known", lambda _connection: set()):
        house.load()

    assert house.rows("select count(*) from raw.reviews") == [(2,)]


def test_rows_and_ledger_commit_together_or_not_at_all(house: House) -> None:
    house.land([review(1)])

    with patch.object(ledger, "record", side_effect=duckdb.Error("plug pulled")):
        with pytest.raises(duckdb.Error):
            house.load()

    assert house.load().rows["reviews"] == 1
    assert house.rows("select count(*) from raw.reviews") == [(1,)]


def test_many_packages_of_many_sources_load_in_one_transaction(house: House) -> None:
    for number in range(5):
        house.land([review(number)], source="app")
        house.land([review(number)], source="store")
    house.land([{"account_ref": "a"}], table="accounts")

    load = house.load()

    assert len(load.packages) == 11
    assert house.rows("select count(distinct loaded_at), count(*) from raw._loads") == [(1, 11)]
    assert house.rows("select count(distinct _loaded_at) from raw.reviews") == [(1,)]


def test_each_load_is_later_than_the_one_before_whatever_the_clock_says(house: House) -> None:
    class Stopped(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            del tz
            return datetime(2026, 1, 1)  # noqa: DTZ001 - UTC by contract

    with patch.object(ledger, "datetime", Stopped):
        for number in range(3):
            house.land([review(number)])
            house.load()

    assert house.rows("select count(distinct loaded_at) from raw._loads") == [(3,)]


def test_a_reread_window_brings_only_what_changed(house: House) -> None:
    house.land([review(1), review(2), review(3)])
    house.load()
    again = [review(1), review(2, rating=1.0, updated_at=LATER), review(4)]
    window = Window(since=WHEN)
    manifest = house.land(again, facts={"overlaps": True, "window": window})

    load = house.load()

    assert (load.rows["reviews"], load.repeated["reviews"]) == (2, 1)
    assert house.rows(
        "select rows_in, rows_accepted, rows_rejected, rows_deduplicated from raw._load_tables "
        f"where load_id = '{manifest.load_id}'"
    ) == [(3, 2, 0, 1)]


def test_a_record_that_changed_back_is_a_new_version(house: House) -> None:
    house.land([review(1, rating=4.0)])
    house.land([review(1, rating=1.0)])
    house.load()
    house.land([review(1, rating=4.0)], facts={"overlaps": True})

    assert house.load().rows["reviews"] == 1


def test_a_replay_takes_the_old_rows_out(house: House) -> None:
    old = house.land([review(1, rating=4.0), review(2)])
    house.load()
    house.land(
        [review(1, rating=5.0)],
        load_id=f"{old.load_id}.r1",
        facts={"supersedes": [old.load_id]},
    )
    house.load()

    assert house.rows("select review_id, rating, _deleted from raw.reviews order by review_id") == [
        ("1", 5.0, False),
        ("2", 4.0, True),
    ]
    assert house.rows("select count(*) from raw._loads where superseded_by is not null") == [(1,)]


def test_a_key_that_another_package_still_holds_gets_no_tombstone(house: House) -> None:
    old = house.land([review(1), review(2)])
    house.land([review(2, rating=3.0)])
    house.load()
    [(before,)] = house.rows("select max(_loaded_at) from raw.reviews")
    house.land([review(1)], load_id=f"{old.load_id}.r1", facts={"supersedes": [old.load_id]})
    house.load()

    assert house.rows("select count(*) from raw.reviews where _deleted") == [(0,)]
    [(touched,)] = house.rows("select _loaded_at from raw.reviews where review_id = '2'")
    assert touched > before


def test_a_replay_before_the_first_load_loads_the_new_rows_only(house: House) -> None:
    old = house.land([review(1, rating=4.0)])
    house.land(
        [review(1, rating=5.0)], load_id=f"{old.load_id}.r1", facts={"supersedes": [old.load_id]}
    )
    house.load()

    assert house.rows("select rating from raw.reviews") == [(5.0,)]


def test_a_deleted_warehouse_comes_back_from_the_landing_folder(house: House) -> None:
    old = house.land([review(1), review(2)])
    house.land([review(2, rating=1.0, updated_at=LATER)])
    house.land([review(1)], load_id=f"{old.load_id}.r1", facts={"supersedes": [old.load_id]})
    query = "select * exclude (_loaded_at) from raw.reviews where not _deleted order by all"
    house.load()
    before = house.rows(query)
    house.settings.warehouse.unlink()
    house.load()

    assert house.rows(query) == before


def test_a_package_whose_bytes_changed_is_refused(house: House) -> None:
    manifest = house.land([review(1)])
    path = house.landing.folder("app", "reviews") / manifest.load_id / "reviews.parquet"
    path.write_bytes(path.read_bytes()[:-1] + b"x")

    with pytest.raises(FixEnvironment, match=r"reviews\.parquet: the file is missing or is not"):
        house.load()


def test_a_column_that_the_contract_gained_is_added(house: House) -> None:
    with connect(house.settings.warehouse) as connection:
        connection.execute("create schema raw")
        connection.execute("create table raw.reviews (source varchar, review_id varchar)")
        connection.execute("insert into raw.reviews values ('old', '0')")
    house.land([review(1)])
    house.load()

    assert house.rows("select source, rating from raw.reviews order by 1") == [
        ("app", 4.0),
        ("old", None),
    ]


def test_a_column_whose_type_changed_is_refused_and_nothing_is_loaded(house: House) -> None:
    with connect(house.settings.warehouse) as connection:
        connection.execute("create schema raw")
        connection.execute("create table raw.reviews (source varchar, rating varchar)")
    house.land([review(1)])

    with pytest.raises(FixEnvironment, match=r"raw\.reviews\.rating: the warehouse holds it as V"):
        house.load()
    assert house.rows("select count(*) from duckdb_tables() where table_name = '_loads'") == [(0,)]


def test_a_file_that_is_not_duckdb_is_named(house: House) -> None:
    house.settings.data.mkdir(parents=True)
    house.settings.warehouse.write_text("not a database " * 1000)

    with pytest.raises(FixEnvironment, match=r"warehouse\.duckdb: the file is not a DuckDB"):
        house.load()


def test_a_warehouse_open_elsewhere_is_locked_not_broken(house: House) -> None:
    house.load()
    hold = (
        "import duckdb, sys, time; c = duckdb.connect(sys.argv[1]); "
        "print('open', flush=True); time.sleep(60)"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", hold, str(house.settings.warehouse)], stdout=subprocess.PIPE
    )
    try:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(Locked, match="another program has the file open"):
            house.load()
    finally:
        other.kill()
        other.wait()


def test_raw_has_every_table_of_every_family_before_anything_landed(house: House) -> None:
    house.load()

    found = {name for (name,) in house.rows("select table_name from duckdb_tables()")}
    assert found >= {name for table in TABLES for name in (table, f"{table}__rejects")}


def test_a_warehouse_made_in_an_older_format_is_loaded_on(house: House) -> None:
    house.settings.warehouse.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as db:
        db.execute(f"attach '{house.settings.warehouse}' as old (storage_version 'v1.0.0')")
    house.land([review(1)])

    assert house.load().rows["reviews"] == 1
