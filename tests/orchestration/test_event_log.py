"""Dagster's event log, whose files stay open between two events."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import uuid
from pathlib import Path

import dagster as dg
import pytest
from dagster import DagsterInstance, EventLogEntry
from house import House

from orchestration import dagster_home
from orchestration.event_log import EventLog
from orchestration.settings import ROOT

_LIMIT = 30


@pytest.fixture
def dagster(house: House, monkeypatch: pytest.MonkeyPatch) -> DagsterInstance:
    monkeypatch.setenv("DAGSTER_HOME", str(dagster_home.prepare(house.settings)))
    return DagsterInstance.get()


@dg.asset
def _tea() -> None: ...


def _materialize(dagster: DagsterInstance) -> str:
    run_id = str(uuid.uuid4())
    job = dg.Definitions([_tea]).resolve_implicit_global_asset_job_def()
    job.execute_in_process(instance=dagster, run_id=run_id)
    return run_id


def test_it_is_the_instance_s_and_lies_where_dagsters_own_would(
    house: House, dagster: DagsterInstance
) -> None:
    run_id = _materialize(dagster)

    assert isinstance(dagster.event_log_storage, EventLog)
    assert (house.settings.dagster_home / "history" / "runs" / f"{run_id}.db").exists()
    assert dagster.get_latest_materialization_event(_tea.key) is not None


def test_a_home_that_links_to_the_checkout_gets_a_file_of_its_own(house: House) -> None:
    """As homes were made before; what is written must not go through the link."""
    ours = (ROOT / "dagster.yaml").read_text()
    house.settings.dagster_home.mkdir(parents=True)
    config = house.settings.dagster_home / "dagster.yaml"
    config.symlink_to(ROOT / "dagster.yaml")

    dagster_home.prepare(house.settings)

    assert not config.is_symlink()
    assert "orchestration.event_log" in config.read_text()
    assert (ROOT / "dagster.yaml").read_text() == ours
    assert [path.name for path in house.settings.dagster_home.iterdir()] == ["dagster.yaml"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells open files by /proc")
def test_few_files_stay_open_however_many_runs_there_were(
    house: House, dagster: DagsterInstance
) -> None:
    for _ in range(12):
        _materialize(dagster)

    assert len(_open(house.settings.dagster_home / "history" / "runs")) == 8
    dagster.event_log_storage.dispose()
    assert not _open(house.settings.dagster_home / "history" / "runs")


def test_who_watches_a_run_hears_of_it_while_its_file_is_open(
    house: House, dagster: DagsterInstance
) -> None:
    """As the UI does, in a process of its own; another storage stands for it here."""
    run_id = _materialize(dagster)
    watching = EventLog(str(house.settings.dagster_home / "history" / "runs"))
    heard = threading.Event()

    def hear(entry: EventLogEntry, cursor: str) -> None:
        del cursor
        if entry.message == "steeping":
            heard.set()

    watching.watch(run_id, None, hear)
    try:
        # a watcher that is notified by closing alone would have nothing to notice from here on
        dagster.report_engine_event("steeping", run_id=run_id, job_name="tea")
        assert heard.wait(_LIMIT)
    finally:
        watching.end_watch(run_id, hear)
        watching.dispose()


_KILLED = """
import sys, time
from dagster import DagsterInstance
dagster = DagsterInstance.get()
for nth in range(20):
    dagster.report_engine_event(f"event {nth}", run_id=sys.argv[1], job_name="tea")
print("told", flush=True)
time.sleep(60)
"""


def test_a_killed_process_loses_no_event(dagster: DagsterInstance) -> None:
    run_id = _materialize(dagster)
    process = subprocess.Popen(
        [sys.executable, "-c", _KILLED, run_id], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "told\n"
    process.send_signal(signal.SIGKILL)
    process.wait(_LIMIT)

    told = [entry.message for entry in dagster.all_logs(run_id)]
    assert [f"event {nth}" for nth in range(20)] == [m for m in told if m.startswith("event ")]


def _open(folder: Path) -> set[str]:
    """Databases in the folder that this process holds open."""
    held = set()
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            target = descriptor.readlink()
        except FileNotFoundError:
            continue  # the one by which the folder is read
        if target.parent == folder and target.suffix == ".db":
            held.add(target.name)
    return held
