"""Readers get one version whole; a swap, a rollback or a crash never shows them a half."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from connectors.errors import FixConfiguration
from orchestration.publishing.versions import FILE, Versions


@pytest.fixture
def versions(tmp_path: Path) -> Versions:
    return Versions(tmp_path / "published")


def publish(versions: Versions, number: int, keep: int = 3) -> str:
    folder = versions.begin()
    with duckdb.connect(folder / FILE) as connection:
        connection.execute(f"create table t as select {number} as n")
    (folder / FILE).chmod(0o444)
    (folder / "parquet").mkdir()
    return versions.finish(folder, keep)


def read(versions: Versions) -> int:
    with duckdb.connect(versions.root / FILE, read_only=True) as connection:
        [(number,)] = connection.execute("select n from t").fetchall()
    return int(number)


def test_the_newest_version_is_what_readers_get(versions: Versions) -> None:
    publish(versions, 1)
    name = publish(versions, 2)

    assert read(versions) == 2
    assert versions.current() == name


def test_a_reader_that_is_open_keeps_its_version(versions: Versions) -> None:
    publish(versions, 1)
    with duckdb.connect(versions.root / FILE, read_only=True) as reader:
        publish(versions, 2)
        assert reader.execute("select n from t").fetchall() == [(1,)]


def test_only_the_newest_versions_are_kept(versions: Versions) -> None:
    names = [publish(versions, number, keep=2) for number in range(4)]

    assert versions.names() == names[-2:]


def test_a_rollback_goes_one_version_back(versions: Versions) -> None:
    first, second = publish(versions, 1), publish(versions, 2)

    assert versions.roll_back() == (second, first)
    assert read(versions) == 1
    assert versions.names() == [first, second]


def test_there_is_nothing_before_the_first_version(versions: Versions) -> None:
    with pytest.raises(FixConfiguration, match="no earlier version"):
        versions.roll_back()
    publish(versions, 1)
    with pytest.raises(FixConfiguration, match="no earlier version"):
        versions.roll_back()


def test_a_crash_before_the_swap_leaves_the_old_version(
    versions: Versions, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(versions, 1)
    with monkeypatch.context() as patch:
        patch.setattr(Versions, "switch", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            publish(versions, 2)

    assert read(versions) == 1
    publish(versions, 3)
    assert read(versions) == 3


def test_all_of_a_version_is_on_the_disk_before_it_has_its_name(
    versions: Versions, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = versions.begin()
    (folder / "parquet/metrics").mkdir(parents=True)
    (folder / "parquet/metrics/all.parquet").touch()
    (folder / FILE).touch()
    everything = {folder, *folder.rglob("*")}
    synced: set[Path] = set()
    rename = Path.rename
    monkeypatch.setattr("connectors.landing.disk.sync_path", synced.add)

    def renamed(source: Path, target: Path) -> Path:
        assert synced == everything
        return rename(source, target)

    monkeypatch.setattr(Path, "rename", renamed)
    name = versions.finish(folder, 3)

    assert versions.names() == [name]


def test_a_half_written_version_is_never_listed_and_is_swept_away(versions: Versions) -> None:
    publish(versions, 1)
    half = versions.begin()
    (half / FILE).write_text("half")

    assert len(versions.names()) == 1
    publish(versions, 2)
    assert not half.exists()


def test_the_swap_is_one_rename(versions: Versions, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the link were removed and made anew, a reader could come in between."""
    publish(versions, 1)
    removed: list[str] = []
    unlink = Path.unlink
    monkeypatch.setattr(
        Path, "unlink", lambda self, **how: (removed.append(self.name), unlink(self, **how))
    )
    publish(versions, 2)

    assert "current" not in removed
    assert FILE not in removed


def test_a_writer_is_refused_at_once(versions: Versions) -> None:
    publish(versions, 1)
    assert (versions.root / FILE).stat().st_mode & 0o222 == 0
