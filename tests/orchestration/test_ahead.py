"""What a later step needs is imported while an earlier one waits, and only if it will come."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg
import pytest
from dagster import DagsterInstance

from orchestration import ahead


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was imported, by name, instead of its import."""
    names: list[str] = []
    monkeypatch.setattr(ahead, "_gates", lambda: names.append("gates"))
    monkeypatch.setattr(ahead, "_charts", lambda: names.append("charts"))
    return names


def _watch(definition: dg.AssetsDefinition) -> None:
    """Materialize an asset in this process, its run being looked at."""
    with DagsterInstance.ephemeral() as dagster, ahead.Ahead() as watcher:
        job = dg.Definitions([definition]).resolve_implicit_global_asset_job_def()
        for event in job.execute_in_process(instance=dagster).all_events:
            watcher.see(event)


def _landing(rows: int) -> dg.AssetsDefinition:
    keys = [dg.AssetKey(["landing", "desk", name]) for name in ("users", "tickets")]

    @dg.multi_asset(specs=[dg.AssetSpec(key) for key in keys])
    def read_desk() -> Iterator[dg.MaterializeResult[None]]:
        for key in keys:
            yield dg.MaterializeResult(asset_key=key, metadata={"dagster/row_count": rows})

    return read_desk


def test_a_run_that_landed_something_will_be_judged(prepared: list[str]) -> None:
    _watch(_landing(3))

    assert prepared == ["gates"]


def test_a_run_with_nothing_new_imports_nothing(prepared: list[str]) -> None:
    _watch(_landing(0))

    assert prepared == []


def test_what_is_modelled_will_be_drawn(prepared: list[str]) -> None:
    @dg.asset
    def models() -> None: ...

    _watch(models)

    assert prepared == ["charts"]
