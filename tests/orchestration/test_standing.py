"""What is known of a source when a version is published: late, failed, never landed."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from orchestration import settings as instance_settings
from orchestration.components import Source
from orchestration.publishing.about import Standing
from orchestration.settings import Settings
from orchestration.sources import source_config
from orchestration.standing import standings

_YAML = """
type: orchestration.components.Source
attributes:
  connector: files
  family: review
  description: Reviews of the tea shop.
  stale_after: 2 days
  streams:
    reviews:
      files: "reviews*.csv"
      tables:
        reviews:
          columns:
            review_id: id
            rating: stars
            scale_max: {constant: 5}
            reviewed_at: {column: at, format: "%Y-%m-%d", time_zone: UTC}
"""
_REVIEWS = "id,stars,at\n1,5,2026-01-05\n"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in ("data", "sources", "exports"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(f"EARFUL_{name.upper()}", str(tmp_path / name))
    (tmp_path / "sources" / "app").mkdir()
    (tmp_path / "sources" / "app" / "defs.yaml").write_text(_YAML)
    return instance_settings.load()


@pytest.fixture
def dagster() -> dg.DagsterInstance:
    return dg.DagsterInstance.ephemeral()


def _read(settings: Settings, dagster: dg.DagsterInstance) -> bool:
    source = Source(source_config(settings.sources / "app" / "defs.yaml")).definitions("app")
    job = source.resolve_implicit_global_asset_job_def()
    return job.execute_in_process(instance=dagster, raise_on_error=False).success


def _stands(*, late: bool | None, failed: tuple[str, ...]) -> list[Standing]:
    return [Standing("app", "review", "files", 48.0, is_late=late, failed_streams=failed)]


def test_nothing_is_known_of_a_source_that_nobody_read(
    settings: Settings, dagster: dg.DagsterInstance
) -> None:
    assert standings(settings, dagster) == _stands(late=None, failed=())


def test_a_source_whose_newest_record_is_old_is_late_and_has_not_failed(
    settings: Settings, dagster: dg.DagsterInstance
) -> None:
    (settings.exports / "reviews.csv").write_text(_REVIEWS)

    assert _read(settings, dagster)
    assert standings(settings, dagster) == _stands(late=True, failed=())


def test_what_failed_last_time_is_told_until_it_lands_again(
    settings: Settings, dagster: dg.DagsterInstance
) -> None:
    file = settings.exports / "reviews.csv"
    file.write_text(_REVIEWS)
    assert _read(settings, dagster)

    file.write_text("another,header\n1,2\n")
    assert not _read(settings, dagster)
    (found,) = standings(settings, dagster)
    assert found.failed_streams == ("reviews",)

    file.write_text(_REVIEWS.replace("2026-01-05", "2026-01-06"))
    assert _read(settings, dagster)
    assert standings(settings, dagster) == _stands(late=True, failed=())


def test_a_source_that_never_landed_anything_has_failed(
    settings: Settings, dagster: dg.DagsterInstance
) -> None:
    (settings.exports / "reviews.csv").write_text("another,header\n1,2\n")

    assert not _read(settings, dagster)
    (found,) = standings(settings, dagster)
    assert found.failed_streams == ("reviews",)
