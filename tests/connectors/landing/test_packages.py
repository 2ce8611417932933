"""A load package is there whole or not at all, and says where its stream stands."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest

from connectors.errors import FixConfiguration, FixEnvironment, Locked
from connectors.landing import Counts, Landing, Manifest, Origin, PackageWriter, Window
from connectors.landing import store as store_module

ORIGIN = Origin(source="shop", stream="answers", connector="test", family="survey")


@pytest.fixture
def landing(tmp_path: Path) -> Landing:
    return Landing(tmp_path / "landing")


def responses(*ids: str) -> pl.DataFrame:
    return pl.DataFrame(
        {"survey_id": "s", "response_id": list(ids), "status": "completed"},
        schema_overrides={"response_id": pl.String},
    )


def land(landing: Landing, *ids: str, **facts: object) -> Manifest:
    with landing.writing("shop", "answers") as folder:
        load_id = landing.next_load_id("shop", "answers")
        with PackageWriter(folder, load_id, ORIGIN) as writer:
            writer.add("survey_responses", responses(*ids))
            writer.page(b"".join(b'{"id":"%s"}\n' % i.encode() for i in ids), len(ids))
            counts = Counts(read=len(ids), accepted=len(ids))
            return writer.commit(counts, **facts)  # type: ignore[arg-type]


def test_a_committed_package_reads_back_as_it_was_written(landing: Landing) -> None:
    manifest = land(landing, "1", "2", cursor_after="c1")

    [read] = landing.manifests("shop", "answers")
    assert read == manifest
    frame = pl.read_parquet(
        landing.folder("shop", "answers") / manifest.load_id / "survey_responses.parquet"
    )
    assert frame["response_id"].to_list() == ["1", "2"]
    assert frame["_load_id"].unique().to_list() == [manifest.load_id]
    assert frame["_deleted"].sum() == 0


def test_a_writer_that_fails_leaves_nothing(landing: Landing) -> None:
    with pytest.raises(RuntimeError), landing.writing("shop", "answers") as folder:
        with PackageWriter(folder, "20260101T000000.000000Z-aaaaaa", ORIGIN) as writer:
            writer.add("survey_responses", responses("1"))
            raise RuntimeError

    assert landing.load_ids("shop", "answers") == []
    assert [p.name for p in folder.iterdir()] == [".lock"]


def test_a_package_killed_before_the_rename_is_invisible_and_swept_away(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """Not an exception that anybody handles."""

    def pull_the_plug(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("connectors.landing.disk.rename_durably", pull_the_plug)
        # a real crash runs no cleanup either
        patch.setattr("shutil.rmtree", lambda *_, **__: None)
        with pytest.raises(Killed):
            land(landing, "1")

    folder = landing.folder("shop", "answers")
    assert [p.name[:5] for p in folder.glob(".tmp-*")] == [".tmp-"]
    assert landing.load_ids("shop", "answers") == []
    assert landing.cursor("shop", "answers") is None
    land(landing, "1")
    assert list(folder.glob(".tmp-*")) == []


def test_counts_that_do_not_balance_are_never_landed(landing: Landing) -> None:
    with pytest.raises(AssertionError, match="do not balance"):
        with landing.writing("shop", "answers") as folder:
            with PackageWriter(folder, "20260101T000000.000000Z-aaaaaa", ORIGIN) as writer:
                writer.commit(Counts(read=3, accepted=2))
    assert landing.load_ids("shop", "answers") == []


def test_two_writers_of_one_stream_do_not_meet(landing: Landing) -> None:
    with landing.writing("shop", "answers"), pytest.raises(Locked, match=r"shop\.answers"):
        with landing.writing("shop", "answers"):
            pass


def test_the_cursor_is_that_of_the_newest_package_and_a_reread_window_does_not_move_it(
    landing: Landing,
) -> None:
    land(landing, "1", cursor_after="first")
    land(landing, "2", cursor_after="second")
    land(landing, "1", cursor_after="elsewhere", window=Window(since=datetime(2026, 1, 1)))  # noqa: DTZ001 - UTC by contract

    assert landing.cursor("shop", "answers") == "second"


def test_ids_grow_even_if_the_clock_goes_back(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = land(landing, "1").load_id

    class Yesterday(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            del tz
            return datetime(2020, 1, 1, tzinfo=UTC)

    monkeypatch.setattr(store_module, "datetime", Yesterday)
    assert landing.next_load_id("shop", "answers") > first


@pytest.mark.parametrize("name", ["", "..", "a/b", "Shop", "1st", ".hidden"])
def test_a_name_cannot_lead_out_of_the_folder(landing: Landing, name: str) -> None:
    with pytest.raises(FixConfiguration, match="not a name"):
        landing.folder(name, "answers")


def test_a_damaged_manifest_is_named(landing: Landing) -> None:
    load_id = land(landing, "1").load_id
    path = landing.folder("shop", "answers") / load_id / "manifest.json"
    path.write_text(json.dumps({"load_id": load_id}))

    with pytest.raises(FixEnvironment, match=r"manifest\.json: the package's manifest"):
        list(landing.manifests("shop", "answers"))


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "landing").write_text("a file in the folder's place")

    with pytest.raises(FixEnvironment, match="cannot be written"):
        land(Landing(tmp_path / "landing"), "1")


def test_without_raw_pages_a_rejected_record_keeps_its_reason_only(landing: Landing) -> None:
    rejects = pl.DataFrame(
        {"record": [1], "path": ["$.score"], "reason": ["not a number"], "body": ['{"score":"x"}']}
    )
    with landing.writing("shop", "answers") as folder:
        with PackageWriter(
            folder, landing.next_load_id("shop", "answers"), ORIGIN, keep_raw=False
        ) as writer:
            writer.page(b"{}\n", 1)
            writer.reject(rejects)
            manifest = writer.commit(Counts(read=1, rejected=1))

    assert manifest.pages == []
    assert manifest.rejects is not None
    kept = pl.read_parquet(folder / manifest.load_id / manifest.rejects.file)
    assert kept["reason"].to_list() == ["not a number"]
    assert kept["body"].to_list() == [None]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pl.DataFrame({"survey_id": ["s"], "response_id": ["1"]}), "status: the contract requires"),
        (
            pl.DataFrame(
                {"survey_id": ["s"], "response_id": ["1"], "status": ["completed"], "emial": ["a"]}
            ),
            "emial: the contract of survey_responses has no such column. Did you mean email",
        ),
        (
            pl.DataFrame({"survey_id": ["s"], "response_id": [1], "status": ["completed"]}),
            "response_id: mapped as Int64, the contract says String",
        ),
    ],
)
def test_a_frame_off_contract_is_refused(
    landing: Landing, frame: pl.DataFrame, message: str
) -> None:
    with landing.writing("shop", "answers") as folder:
        with PackageWriter(folder, "20260101T000000.000000Z-aaaaaa", ORIGIN) as writer:
            with pytest.raises(FixConfiguration, match=message):
                writer.add("survey_responses", frame)


@pytest.mark.parametrize("streamed", [True, False])
def test_row_groups_are_as_large_as_those_of_duckdb(landing: Landing, *, streamed: bool) -> None:
    """Others would be put together anew when they are loaded."""
    number = pl.int_range(300_000).cast(pl.String)
    rows = pl.select(survey_id=pl.lit("s"), response_id=number, status=pl.lit("completed"))
    with landing.writing("shop", "answers") as folder:
        with PackageWriter(folder, landing.next_load_id("shop", "answers"), ORIGIN) as writer:
            if streamed:
                writer.sink("survey_responses", rows.lazy())
            else:
                writer.add("survey_responses", rows)
            manifest = writer.commit(Counts(read=rows.height, accepted=rows.height))
        file = folder / manifest.load_id / "survey_responses.parquet"
    with duckdb.connect() as db:
        groups = "select distinct row_group_id, row_group_num_rows from parquet_metadata(?)"
        written = sorted(rows for _, rows in db.execute(groups, [str(file)]).fetchall())
        db.execute("create table own as from range(300_000)")
        own = "select max(n) from (select sum(count) as n from pragma_storage_info('own')"
        [(largest,)] = db.execute(
            f"{own} where segment_type = 'BIGINT' group by row_group_id)"
        ).fetchall()

    assert written == [300_000 - 2 * largest, largest, largest]
