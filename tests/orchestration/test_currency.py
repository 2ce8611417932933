"""A build is skipped only where it would change nothing."""

from __future__ import annotations

from dataclasses import replace

import dagster as dg
import pytest
from house import House, review
from shop import EDITION, stock

from orchestration import runs
from orchestration.dbt import manifest as dbt_manifest
from orchestration.outcome import Outcome, StreamResult
from orchestration.publishing import snapshot
from orchestration.publishing.currency import is_current
from orchestration.publishing.versions import Versions


@pytest.fixture
def published(house: House) -> House:
    stock(house)
    versions = Versions(house.settings.published)
    folder = versions.begin()
    today = replace(EDITION, fingerprint=dbt_manifest.fingerprint(house.settings))
    snapshot.write(house.settings, folder, today)
    versions.finish(folder, keep=3)
    return house


def test_what_was_just_published_is_current(published: House) -> None:
    assert is_current(published.settings)


def test_before_the_first_version_nothing_is_current(house: House) -> None:
    stock(house)

    assert not is_current(house.settings)


def test_what_was_loaded_and_refused_is_not_forgotten(published: House) -> None:
    published.land([review(2)])
    published.load()

    assert not is_current(published.settings)


def test_a_changed_model_or_seed_asks_for_a_build(
    published: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dbt_manifest, "fingerprint", lambda _settings: "another")

    assert not is_current(published.settings)


def test_a_rollback_is_not_undone_by_a_run_with_nothing_new(published: House) -> None:
    """Whoever went back wants to stay there until something new was loaded."""
    settings = published.settings
    published.land([review(2)])
    published.load()
    versions = Versions(settings.published)
    folder = versions.begin()
    today = replace(EDITION, fingerprint=dbt_manifest.fingerprint(settings))
    snapshot.write(settings, folder, today)
    versions.finish(folder, keep=3)
    versions.roll_back()

    assert versions.is_rolled_back()
    assert is_current(settings)


def test_a_first_run_that_nothing_came_of_builds_nothing(house: House) -> None:
    failed = Outcome(streams=[StreamResult("app.reviews", "review", error="the vendor is away")])
    definitions = dg.Definitions(assets=[dg.AssetSpec(["marts", "metrics"]), _model])

    assert runs._due(house.settings, definitions, failed) == []

    house.land([review(1)])
    assert runs._due(house.settings, definitions, failed) == [dg.AssetKey(["marts", "scores"])]


@dg.asset(key=["marts", "scores"])
def _model() -> None: ...
