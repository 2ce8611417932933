"""Old packages can be mapped again, and small ones merged; neither loses or doubles a row."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import polars as pl
import pytest

from connectors.errors import FixConfiguration
from connectors.landing import Counts, Landing, Manifest, Origin, PackageWriter, Window
from connectors.landing.compact import compact
from connectors.landing.replay import Remapped, replay
from connectors.stream import Page, Stream
from connectors.sync import Terms, land, remap

ORIGIN = Origin(source="shop", stream="answers", connector="test", family="survey")


class Answer(msgspec.Struct):
    id: str


def stream(survey: str = "s") -> Stream:
    fixed = {"survey_id": pl.lit(survey), "status": pl.lit("completed")}
    return Stream(record=Answer, tables={"survey_responses": {"response_id": "id", **fixed}})


def page(*ids: str, cursor: str | None = None) -> Page:
    return Page([msgspec.json.encode({"id": i}) for i in ids], cursor)


class Mended:
    """The stream again, with its mapping mended: it belongs to another survey."""

    origin = ORIGIN
    keep_raw = True
    region = None

    def remap(self, package: Path, manifest: Manifest, writer: PackageWriter) -> Remapped:
        return remap(stream("mended"), package, manifest, writer)


@pytest.fixture
def landing(tmp_path: Path) -> Landing:
    landing = Landing(tmp_path)
    for number in (1, 2, 3):
        list(
            land(stream(), [page(f"{number}a", f"{number}b", cursor=str(number))], landing, ORIGIN)
        )
    return landing


def rows(landing: Landing) -> pl.DataFrame:
    folder = landing.folder("shop", "answers")
    return pl.concat(
        pl.read_parquet(folder / m.load_id / "survey_responses.parquet")
        for m in landing.manifests("shop", "answers")
    )


def test_a_replayed_package_takes_the_place_of_the_old_one(landing: Landing) -> None:
    first, second, third = landing.load_ids("shop", "answers")

    [replayed] = replay(Mended(), landing, since=second, until=third)

    assert replayed.load_id == f"{second}.r1"
    assert replayed.supersedes == [second]
    in_force = [m.load_id for m in landing.manifests("shop", "answers")]
    assert in_force == [first, f"{second}.r1", third]
    assert landing.cursor("shop", "answers") == "3"


def test_a_replay_can_be_replayed(landing: Landing) -> None:
    list(replay(Mended(), landing))
    again = list(replay(Mended(), landing))

    assert [m.load_id.rpartition(".")[2] for m in again] == ["r2", "r2", "r2"]
    assert rows(landing)["survey_id"].unique().to_list() == ["mended"]
    assert rows(landing).height == 6


def test_a_replay_says_what_the_package_said(landing: Landing) -> None:
    window = Window(since=datetime(2026, 1, 1, tzinfo=UTC))
    surprising = Page([b'{"id":"4a","surprise":1}'])
    [old] = land(stream(), [surprising], landing, ORIGIN, Terms(window=window))
    assert (old.overlaps, old.unknown_fields) == (True, ["surprise"])

    [again] = replay(Mended(), landing, since=old.load_id)

    assert (again.window, again.overlaps, again.unknown_fields) == (window, True, ["surprise"])


def test_a_package_without_pages_cannot_be_replayed(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    list(land(stream(), [page("1")], landing, ORIGIN, Terms(keep_raw=False)))

    with pytest.raises(FixConfiguration, match="kept no raw pages"):
        list(replay(Mended(), landing))


def test_a_replay_passes_over_idle_days(landing: Landing) -> None:
    """Their packages hold a position and no record."""
    with landing.writing("shop", "answers") as folder:
        idle = landing.next_load_id("shop", "answers")
        with PackageWriter(folder, idle, ORIGIN) as writer:
            writer.commit(Counts(), cursor_before="3", cursor_after="4")
    list(land(stream(), [page("5a", cursor="5")], landing, ORIGIN))

    done = list(replay(Mended(), landing))

    assert [m.counts.accepted for m in done] == [2, 2, 2, 1]
    assert idle in landing.load_ids("shop", "answers")
    assert landing.cursor("shop", "answers") == "5"


def test_compaction_keeps_rows_ids_counts_pages_and_cursor(landing: Landing) -> None:
    before = rows(landing)
    ids = landing.load_ids("shop", "answers")

    merged = compact(landing, "shop", "answers")

    assert merged is not None
    assert merged.merges == ids
    assert landing.load_ids("shop", "answers") == [f"{ids[-1]}.c1"]
    assert rows(landing).equals(before)
    assert merged.counts == Counts(read=6, accepted=6)
    assert landing.cursor("shop", "answers") == "3"
    assert merged.pages[0].rows == 6
    assert compact(landing, "shop", "answers") is None


def test_new_packages_sort_behind_a_compacted_one_and_merge_again(landing: Landing) -> None:
    compact(landing, "shop", "answers")
    list(land(stream(), [page("4a", cursor="4")], landing, ORIGIN))
    again = compact(landing, "shop", "answers")

    assert again is not None
    assert len(again.merges) == 4
    assert rows(landing)["response_id"].to_list() == ["1a", "1b", "2a", "2b", "3a", "3b", "4a"]


def test_compacted_pages_can_be_replayed(landing: Landing) -> None:
    compact(landing, "shop", "answers")
    list(replay(Mended(), landing))

    assert rows(landing)["survey_id"].unique().to_list() == ["mended"]
    assert rows(landing).height == 6


def test_after_a_crash_between_commit_and_removal_nothing_is_listed_twice(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows(landing)
    with monkeypatch.context() as patch:
        patch.setattr("connectors.landing.compact.shutil.rmtree", lambda *_, **__: None)
        compact(landing, "shop", "answers")

    assert len(landing.load_ids("shop", "answers")) == 4
    assert rows(landing).equals(before)
