"""What readers open is the release, described, compact, and readable everywhere."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from house import WHEN, House, review
from shop import COMMENTS, EDITION, METRICS, release, stock

from orchestration.checks.raw_gate import judge
from orchestration.publishing import snapshot
from orchestration.publishing.about import TABLES, Standing
from orchestration.publishing.versions import FILE


@pytest.fixture
def published(house: House, tmp_path: Path) -> Path:
    stock(house)
    folder = tmp_path / "version"
    folder.mkdir()
    snapshot.write(house.settings, folder, EDITION)
    return folder


def read(folder: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(folder / FILE, read_only=True) as db:
        return db.execute(query).fetchall()


def test_the_file_holds_every_table_of_the_release_and_what_it_is(published: Path) -> None:
    there = read(published, "select table_name from duckdb_tables() where not internal")

    assert {name for (name,) in there} == {"metrics", "comments", *TABLES}
    assert read(published, "select count(*), sum(comment_id) from comments") == [(10, 55)]


def test_the_file_holds_plain_types_only(published: Path) -> None:
    types = read(published, "select distinct data_type from duckdb_columns() where not internal")

    assert {str(kind).partition("(")[0] for (kind,) in types} <= {
        *("BIGINT", "INTEGER", "DOUBLE", "DECIMAL", "BOOLEAN", "VARCHAR", "DATE", "TIMESTAMP")
    }


def storage_version(folder: Path) -> object:
    [(tags,)] = read(
        folder, "select tags from duckdb_databases() where database_name = current_database()"
    )
    return tags["storage_version"]  # type: ignore[index]


@pytest.mark.parametrize("limit", [0.5, -1.0], ids=["as it is", "compacted"])
def test_every_duckdb_from_1_0_on_opens_the_file(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: float
) -> None:
    monkeypatch.setattr(snapshot, "_FRAGMENTED", limit)
    stock(house)
    snapshot.write(house.settings, tmp_path, EDITION)

    assert str(storage_version(tmp_path)).startswith("v1.0.0")


def test_nobody_can_write_the_file(published: Path) -> None:
    assert (published / FILE).stat().st_mode & 0o777 == 0o444


def test_no_journal_lies_beside_the_file(published: Path) -> None:
    """A reader without write permission cannot replay one."""
    assert sorted(p.name for p in published.iterdir()) == [FILE, "parquet"]


def test_about_says_what_the_file_is_and_how_old(published: Path) -> None:
    [row] = read(
        published,
        "select version, run_id, code_version, model_fingerprint, gate, total_rows, source_count, "
        "published_at - loaded_until between interval 0 seconds and interval 5 minutes from about",
    )

    assert row == ("v1", "run 1", "1.0 (abc)", "0123456789abcdef", "passed", 11, 1, True)


def test_about_sources_counts_the_records_of_the_packages_in_force(
    house: House, tmp_path: Path
) -> None:
    first = house.land([review(1), review(2)])
    house.land([review(3)], source="store")
    house.load()
    replay = f"{first.load_id}.r1"
    house.land([review(1)], load_id=replay, facts={"supersedes": [first.load_id]})
    house.load()
    release(house, metrics=METRICS)
    snapshot.write(house.settings, tmp_path, EDITION)

    assert read(
        tmp_path,
        "select source, family, connector, loads, records_read, records_accepted, "
        "age_hours between 0 and 0.1, last_loaded_at > timestamp '2026-01-01' from about_sources",
    ) == [
        ("app", "review", "test", 1, 1, 1, True, True),
        ("store", "review", "test", 1, 1, 1, True, True),
    ]


def test_about_sources_tells_of_a_source_that_never_landed_anything(
    house: House, tmp_path: Path
) -> None:
    house.land([review(1)])
    house.load()
    release(house, metrics=METRICS)
    never = Standing("desk", "support", "zendesk", 6.0, is_late=True, failed_streams=("a", "b"))
    fine = Standing("app", "review", "test", None, is_late=None, failed_streams=())
    snapshot.write(house.settings, tmp_path, replace(EDITION, standings=(never, fine)))

    assert read(
        tmp_path,
        "select source, connector, loads, records_read, stale_after_hours, is_late, failed_streams "
        "from about_sources order by source",
    ) == [
        ("app", "test", 1, 1, None, None, None),
        ("desk", "zendesk", 0, 0, 6.0, True, "a, b"),
    ]


def test_about_rejects_counts_rows_of_the_packages_in_force_by_what_they_break(
    house: House, tmp_path: Path
) -> None:
    bad = [review("x", rating=77), review("y", rating=77)]
    first = house.land([*map(review, range(50)), *bad[1:]])
    house.land([*map(review, range(50)), *bad], source="store")
    house.load()
    judge(house.settings)
    house.land([review(1)], load_id=f"{first.load_id}.r1", facts={"supersedes": [first.load_id]})
    house.load()
    release(house, metrics=METRICS)
    snapshot.write(house.settings, tmp_path, EDITION)

    assert read(tmp_path, "select * exclude (last_rejected_at) from about_rejects") == [
        ("store", "reviews", "rating lies outside scale_min and scale_max of its own row", 2)
    ]


def comments(folder: Path) -> list[tuple[object, ...]]:
    return read(
        folder,
        "select table_name, '', comment from duckdb_tables() where comment is not null union all "
        "select table_name, column_name, comment from duckdb_columns() "
        "where comment is not null and not internal order by all",
    )


def test_tables_and_columns_describe_themselves(house: House, tmp_path: Path) -> None:
    stock(house)
    describe(house)
    snapshot.write(house.settings, tmp_path, EDITION)

    found = {(table, column): text for table, column, text in comments(tmp_path)}
    assert found["metrics", ""] == "One row per metrics."
    assert found["metrics", "n"] == "Answers; null if suppressed."
    assert found["about", ""] == "One row: what this file is, and how old."
    columns = read(
        tmp_path,
        "select table_name, column_name from duckdb_columns() where table_name like 'about%'",
    )
    assert {table for table, _ in columns} == set(TABLES)
    assert [column for column in columns if column not in found] == []
    assert [table for table in TABLES if (table, "") not in found] == []


def describe(house: House) -> None:
    with duckdb.connect(house.settings.release) as db:
        db.execute("comment on column metrics.n is 'Answers; null if suppressed.'")


def test_a_release_that_is_mostly_free_space_is_compacted_with_rows_and_comments(
    house: House, tmp_path: Path
) -> None:
    """What an upgrade leaves, whose build drops tables: once, not at every publication since."""
    stock(house, ballast="select md5(i::varchar) as x from range(400000) t(i)")
    with duckdb.connect(house.settings.release) as db:
        db.execute("create table behind as from ballast limit 1000")
        db.execute("checkpoint")
        db.execute("drop table ballast")
    describe(house)
    before = house.settings.release.stat().st_size
    (tmp_path / "version").mkdir()
    snapshot.write(house.settings, tmp_path / "version", EDITION)

    assert house.settings.release.stat().st_size < before / 2
    assert (tmp_path / "version" / FILE).stat().st_size < before / 2
    assert list(house.settings.data.glob("*.compact*")) == []
    assert read(tmp_path / "version", "select sum(comment_id) from comments") == [(55,)]
    found = {(table, column): text for table, column, text in comments(tmp_path / "version")}
    assert found["metrics", ""] == "One row per metrics."
    assert found["metrics", "n"] == "Answers; null if suppressed."


@pytest.mark.parametrize("refuse", ["no such call", "not on this file system", "stops half-way"])
def test_the_file_is_copied_where_blocks_cannot_be_shared(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refuse: str
) -> None:
    stock(house)
    if refuse == "no such call":
        monkeypatch.delattr(os, "copy_file_range", raising=False)
    elif refuse == "not on this file system":
        monkeypatch.setattr(os, "copy_file_range", lambda *_: os.open("/nowhere", os.O_RDONLY))
    else:
        monkeypatch.setattr(os, "copy_file_range", lambda *_: 0)
    snapshot.write(house.settings, tmp_path, EDITION)

    assert read(tmp_path, "select sum(comment_id) from comments") == [(55,)]


def test_what_is_published_is_no_file_that_a_build_writes(house: House, published: Path) -> None:
    assert not house.settings.release.samefile(published / FILE)
    with duckdb.connect(house.settings.release) as db:
        db.execute("delete from comments")

    assert read(published, "select count(*) from comments") == [(10,)]


def test_publishing_leaves_the_release_as_it_is(house: House, tmp_path: Path) -> None:
    stock(house)
    before = house.settings.release.read_bytes()

    snapshot.write(house.settings, tmp_path, EDITION)

    assert house.settings.release.read_bytes() == before


def test_the_rows_by_table_that_a_run_reports_are_those_of_the_release(
    house: House, tmp_path: Path
) -> None:
    stock(house, comments=f"{COMMENTS} limit 3")

    assert snapshot.write(house.settings, tmp_path, EDITION) == {"metrics": 1, "comments": 3}


def test_a_time_is_published_as_it_was_landed(house: House, tmp_path: Path) -> None:
    stock(house, comments=f"select timestamp '{WHEN}' as commented_at")
    snapshot.write(house.settings, tmp_path, EDITION)

    assert read(tmp_path, "select commented_at from comments") == [(WHEN,)]
