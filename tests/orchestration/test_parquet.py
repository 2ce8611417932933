"""The Parquet beside the published file is its tables, and costs what changed."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
import yaml
from house import House
from shop import EDITION, stock

from orchestration.dbt import manifest as dbt_manifest
from orchestration.publishing import about, parquet, snapshot
from orchestration.publishing.versions import FILE, Versions

HASH = "(hash(event_id, what, happened_at) >> 1)::bigint"
"""Of a row's values, as models make it."""
EVENTS = f"""
    select *, {HASH} as row_hash
    from (
        select i::bigint as event_id, 'parcel ' || i as what,
            case when i < 90 then timestamp '2025-12-31 23:59:59.999999' + to_days(i::int) end
                as happened_at
        from range(100) as t(i)
    )
"""


@pytest.fixture
def shop(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """A release with a table that is large enough to be split."""
    monkeypatch.setattr(parquet, "_LARGE", 50)
    stock(house, events=EVENTS)
    return house


@pytest.fixture
def versions(shop: House) -> Versions:
    return Versions(shop.settings.published)


def publish(shop: House, versions: Versions, keep: int = 3, month: str = "happened_at") -> Path:
    """The folder of a new version."""
    folder = versions.begin()
    edition = replace(EDITION, version=folder.name.removeprefix(".new-"))
    months = {"events": month}
    snapshot.write(shop.settings, folder, edition, months, versions.current_folder())
    return versions.root / "versions" / versions.finish(folder, keep)


def change(shop: House, statement: str) -> None:
    with duckdb.connect(shop.settings.release) as db:
        db.execute(statement)
        db.execute(f"update events set row_hash = {HASH}")


def files(version: Path) -> dict[str, int]:
    """Inodes of the files of tables, by name."""
    return {
        str(file.relative_to(version / "parquet")): file.stat().st_ino
        for file in sorted(version.glob("parquet/*/*.parquet"))
        if not file.parent.name.startswith("about")
    }


def anew(before: Path, after: Path) -> set[str]:
    """Files of a version that are no links to those of the one before."""
    held = files(before)
    return {name for name, inode in files(after).items() if held.get(name) != inode}


def differing(version: Path) -> dict[str, list[tuple[object, ...]]]:
    """Rows that only the file or only its Parquet has, by table; types differ in a row, too."""
    found = {}
    with duckdb.connect(version / FILE, read_only=True) as db:
        for (table,) in db.execute("select table_name from duckdb_tables()").fetchall():
            held = f"(select columns(c -> c <> '{parquet.BOOKKEEPING}') from {table})"
            beside = f"(from read_parquet('{version}/parquet/{table}/*.parquet'))"
            rows = db.execute(
                f"(from {held} except all from {beside}) union all "
                f"(from {beside} except all from {held})"
            ).fetchall()
            types = [db.execute(f"describe from {side}").fetchall() for side in (held, beside)]
            found[table] = [*rows, *[row for row in types[0] if row not in types[1]]]
    return found


def test_every_table_is_a_folder_whose_files_are_its_rows(shop: House, versions: Versions) -> None:
    version = publish(shop, versions)

    assert files(version).keys() == {
        "comments/all.parquet",
        "metrics/all.parquet",
        *(f"events/{part}.parquet" for part in ("2025-12", "2026-01", "2026-02", "2026-03")),
        "events/undated.parquet",
    }
    assert set(differing(version)) == {"comments", "metrics", "events", *about.TABLES}
    assert not any(differing(version).values())


def test_files_whose_rows_are_the_same_are_links(shop: House, versions: Versions) -> None:
    first = publish(shop, versions)
    second = publish(shop, versions)

    assert anew(first, second) == set()
    assert not (first / FILE).samefile(second / FILE)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("update events set what = what || '!' where event_id = 40", {"events/2026-02"}),
        ("update events set what = null where event_id = 95", {"events/undated"}),
        (
            "update events set happened_at = happened_at + interval 1 month where event_id = 5",
            {"01", "02"},
        ),
        ("delete from events where event_id = 0", set()),
        ("insert into events values (100, 'late', '2026-04-01', 0)", {"events/2026-04"}),
        ("insert into events from events where event_id = 70", {"events/2026-03"}),
        ("update comments set comment = 'x' where comment_id = 3", {"comments/all"}),
        ("delete from comments", {"comments/all"}),
        ("alter table comments rename comment to words", {"comments/all"}),
        ("alter table comments alter comment_id type integer", {"comments/all"}),
        # rows that are put back elsewhere
        (
            """
            create temp table held as from events;
            delete from events;
            insert into events from held order by what
            """,
            set(),
        ),
    ],
)
def test_only_what_changed_is_written(
    shop: House, versions: Versions, statement: str, expected: set[str]
) -> None:
    first = publish(shop, versions)
    change(shop, statement)
    second = publish(shop, versions)

    written = {name.removesuffix(".parquet") for name in anew(first, second)}
    assert written == {f"events/2026-{e}" if len(e) == 2 else e for e in expected}
    assert not any(differing(second).values())


def test_a_table_with_fingerprints_of_its_rows_is_compared_by_them(
    shop: House, versions: Versions
) -> None:
    """And not by all of its columns, which takes ten times as long."""
    first = publish(shop, versions)
    with duckdb.connect(shop.settings.release) as db:
        db.execute("update events set row_hash = row_hash + 1 where event_id = 40")
    second = publish(shop, versions)

    assert anew(first, second) == {"events/2026-02.parquet"}


def test_two_rows_that_swap_values_are_noticed(shop: House, versions: Versions) -> None:
    """The number of rows and the values of each column stay the same."""
    first = publish(shop, versions)
    change(shop, "update comments set comment_id = 3 - comment_id where comment_id in (1, 2)")
    second = publish(shop, versions)

    assert anew(first, second) == {"comments/all.parquet"}
    assert not any(differing(second).values())


def test_a_table_that_becomes_large_is_split_without_leftovers(
    shop: House, versions: Versions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "_LARGE", 101)
    first = publish(shop, versions)
    change(shop, "insert into events from events limit 1")
    second = publish(shop, versions)

    assert [name for name in files(first) if name.startswith("events")] == ["events/all.parquet"]
    assert "events/all.parquet" not in files(second)
    assert not any(differing(second).values())


def test_a_table_without_rows_has_a_file_with_its_columns(shop: House, versions: Versions) -> None:
    change(shop, "delete from events; delete from comments")
    version = publish(shop, versions)

    assert {"events/all.parquet", "comments/all.parquet"} <= files(version).keys()
    assert not any(differing(version).values())


def test_dates_that_no_calendar_has_are_published(shop: House, versions: Versions) -> None:
    change(
        shop,
        "insert into events values (100, 'never', 'infinity', 0), (101, 'b', '0044-03-15 (BC)', 0),"
        " (102, 'far', '9999-12-31', 0), (103, 'ever', '-infinity', 0)",
    )
    version = publish(shop, versions)

    assert {"events/9999-12.parquet", "events/undated.parquet"} <= files(version).keys()
    assert not any(differing(version).values())


def test_a_linked_file_outlives_the_version_that_wrote_it(shop: House, versions: Versions) -> None:
    publish(shop, versions, keep=1)
    change(shop, "delete from comments where comment_id = 1")
    with (versions.root / "parquet/metrics/all.parquet").open("rb") as reader:
        kept = publish(shop, versions, keep=1)
        change(shop, "update metrics set n = 11")
        kept = publish(shop, versions, keep=1)

        assert versions.names() == [kept.name]
        # whoever had the first version open still has it
        assert reader.read(4) == b"PAR1"
    assert not any(differing(kept).values())


def test_a_rollback_leaves_links_readable_and_the_next_version_compares_with_what_is_current(
    shop: House, versions: Versions
) -> None:
    first = publish(shop, versions)
    change(shop, "update events set what = 'x' where event_id = 40")
    second = publish(shop, versions)
    versions.roll_back()
    third = publish(shop, versions)

    assert anew(first, third) == {"events/2026-02.parquet"}
    assert not (second / "parquet/events/2026-02.parquet").samefile(
        third / "parquet/events/2026-02.parquet"
    )
    for version in (first, second, third):
        assert not any(differing(version).values())


def test_a_file_that_was_cut_short_or_taken_away_is_written_anew(
    shop: House, versions: Versions
) -> None:
    first = publish(shop, versions)
    (first / "parquet/events/2026-01.parquet").chmod(0o644)
    (first / "parquet/events/2026-01.parquet").write_bytes(b"PAR1")
    (first / "parquet/comments/all.parquet").unlink()
    second = publish(shop, versions)

    assert anew(first, second) == {"events/2026-01.parquet", "comments/all.parquet"}
    assert not any(differing(second).values())


def test_where_no_file_can_have_two_names_all_are_written(
    shop: House, versions: Versions, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = publish(shop, versions)
    monkeypatch.setattr(os, "link", lambda *_: os.open("/nowhere", os.O_RDONLY))
    second = publish(shop, versions)

    assert anew(first, second) == set(files(second))
    assert not any(differing(second).values())


def test_a_version_from_before_there_was_a_list_of_files_is_no_obstacle(
    shop: House, versions: Versions
) -> None:
    first = publish(shop, versions)
    (first / FILE).chmod(0o644)
    with duckdb.connect(first / FILE) as db:
        db.execute("drop table about_files")
    second = publish(shop, versions)

    assert anew(first, second) == set(files(second))


def test_the_file_lists_its_parquet_and_since_when_it_is_the_same(
    shop: House, versions: Versions
) -> None:
    first = publish(shop, versions)
    change(shop, "update events set what = 'x' where event_id = 40")
    second = publish(shop, versions)
    with duckdb.connect(second / FILE, read_only=True) as db:
        listed = db.execute("select file, rows, bytes, written_in from about_files").fetchall()

    assert {file for file, *_ in listed} == {f"parquet/{name}" for name in files(second)}
    assert sum(rows for file, rows, *_ in listed if "/events/" in file) == 100
    for file, _, size, written_in in listed:
        assert size == (second / file).stat().st_size
        changed = file == "parquet/events/2026-02.parquet"
        assert written_in == (second if changed else first).name


def test_nobody_can_write_a_file(shop: House, versions: Versions) -> None:
    version = publish(shop, versions)

    assert {file.stat().st_mode & 0o777 for file in version.glob("parquet/*/*")} == {0o444}


def test_another_duckdb_may_hash_differently(
    shop: House, versions: Versions, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = publish(shop, versions)
    told = parquet.Export.__init__

    def of_another(self: parquet.Export, *args: object) -> None:
        told(self, *args)  # type: ignore[arg-type]
        self._duckdb = "v9"

    monkeypatch.setattr(parquet.Export, "__init__", of_another)
    second = publish(shop, versions)

    assert anew(first, second) == set(files(second))


def test_marts_name_a_column_of_theirs_for_months() -> None:
    marts = [
        model
        for file in (dbt_manifest.PROJECT / "models/marts").glob("*.yml")
        for model in yaml.safe_load(file.read_text()).get("models", [])
    ]
    named = {
        model["name"]: (model["config"]["meta"]["parquet_month"], model["columns"])
        for model in marts
        if "parquet_month" in model["config"].get("meta", {})
    }

    assert {"journey_events", "journey_steps", "journeys"} <= named.keys()
    for month, columns in named.values():
        [column] = [column for column in columns if column["name"] == month]
        assert column["data_type"] == "timestamp"
