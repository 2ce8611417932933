"""Runs the pipeline in this process, as Dagster runs that its UI knows.

Two runs: the first lands sources, each on its own, so that one that fails holds nobody back;
the second loads, judges, models and publishes whatever landed.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import dagster as dg
from dagster import DagsterEvent, DagsterEventType, DagsterInstance, EventLogEntry

from connectors.errors import FixConfiguration
from connectors.landing import Window
from orchestration import dagster_home
from orchestration.loading import load_definitions
from orchestration.settings import Settings

Listener = Callable[[str], None]
"""Gets the name of each step as it begins."""

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass
class StreamResult:
    """What landing one stream came to."""

    name: str
    family: str
    read: int = 0
    accepted: int = 0
    rejected: int = 0
    deduplicated: int = 0
    error: str | None = None


@dataclass
class CheckResult:
    """A check that failed, and why."""

    name: str
    blocking: bool
    why: str


@dataclass
class Report:
    """What a run came to."""

    streams: list[StreamResult] = field(default_factory=list)
    loaded: dict[str, int] = field(default_factory=dict)
    refused_rows: dict[str, int] = field(default_factory=dict)
    failed_checks: list[CheckResult] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    exit_codes: list[int] = field(default_factory=list)
    published: str | None = None
    checks: int = 0

    @property
    def exit_code(self) -> int:
        """0 ok, 1 work failed, 3 a gate refused, 4 some sources failed, 75 locked."""
        if self.exit_codes:
            return max(self.exit_codes)
        if any(check.blocking for check in self.failed_checks):
            return 3
        if self.errors or self.failed_checks:
            return 1
        return 4 if any(stream.error for stream in self.streams) else 0


def instance(settings: Settings) -> DagsterInstance:
    """The Dagster instance of this data folder."""
    os.environ["DAGSTER_HOME"] = str(dagster_home.prepare(settings))
    return DagsterInstance.get()


def run(settings: Settings, sources: list[str], window: Window | None, listen: Listener) -> Report:
    """Land `sources` (all where empty), then load, judge, model and publish.

    Raises:
        FixConfiguration: A source is not configured.
    """
    report = Report()
    definitions = load_definitions()
    with instance(settings) as dagster:
        runner = _Runner(definitions, dagster, listen)
        specs = _landing(definitions, sources)
        landed = runner.execute([spec.key for spec in specs], _window_config(specs, window))
        _read_landing(report, specs, landed)
        keys = definitions.resolve_asset_graph().materializable_asset_keys
        downstream = sorted(key for key in keys if key.path[0] != "landing")
        _read_downstream(report, runner.execute(downstream, {}))
    return report


class _Runner:
    """Executes selections of assets, and tells the listener what begins."""

    def __init__(
        self, definitions: dg.Definitions, dagster: DagsterInstance, listen: Listener
    ) -> None:
        self._job = definitions.resolve_implicit_global_asset_job_def()
        self._dagster = dagster
        self._listen = listen

    def execute(self, keys: list[dg.AssetKey], config: dict[str, object]) -> list[DagsterEvent]:
        if not keys:
            return []
        run_id = str(uuid.uuid4())
        self._dagster.add_event_listener(run_id, self._on_event)
        result = self._job.execute_in_process(
            instance=self._dagster,
            asset_selection=keys,
            run_config={**_QUIET, **config},
            raise_on_error=False,
            run_id=run_id,
            tags={"earful/run": "cli"},
        )
        return list(result.all_events)

    def _on_event(self, entry: EventLogEntry) -> None:
        event = entry.dagster_event
        if event and event.event_type is DagsterEventType.STEP_START and event.step_key:
            self._listen(event.step_key)


def _landing(definitions: dg.Definitions, sources: list[str]) -> list[dg.AssetSpec]:
    specs = [s for s in definitions.resolve_all_asset_specs() if s.key.path[0] == "landing"]
    known = sorted({spec.key.path[1] for spec in specs})
    for source in sources:
        if source not in known:
            raise FixConfiguration(
                "SOURCE-UNKNOWN",
                source,
                "no such source",
                f"Configured are: {', '.join(known) or 'none'}.",
            )
    return [spec for spec in specs if not sources or spec.key.path[1] in sources]


def _window_config(specs: list[dg.AssetSpec], window: Window | None) -> dict[str, object]:
    if window is None:
        return {}
    config = {
        name: at.isoformat()
        for name, at in (("since", window.since), ("until", window.until))
        if at is not None
    }
    return {"ops": {f"land_{'_'.join(spec.key.path[1:])}": {"config": config} for spec in specs}}


def _read_landing(report: Report, specs: list[dg.AssetSpec], events: list[DagsterEvent]) -> None:
    results = {
        f"land_{'_'.join(spec.key.path[1:])}": StreamResult(
            ".".join(spec.key.path[1:]), spec.group_name or ""
        )
        for spec in specs
    }
    for event in events:
        stream = results.get(event.step_key or "")
        if stream is None:
            continue
        if event.is_step_materialization:
            found = event.step_materialization_data.materialization.metadata
            stream.read = _integer(found["records_read"])
            stream.accepted = _integer(found["dagster/row_count"])
            stream.rejected = _integer(found["records_rejected"])
            stream.deduplicated = _integer(found["records_deduplicated"])
        elif event.is_step_failure:
            stream.error, _ = _failure(event)
    report.streams = sorted(results.values(), key=lambda stream: stream.name)


def _read_downstream(report: Report, events: list[DagsterEvent]) -> None:
    for event in events:
        if event.is_step_failure:
            why, code = _failure(event)
            report.errors.append(why)
            if code:
                report.exit_codes.append(code)
        elif event.is_step_materialization:
            _read_materialization(report, event)
        elif event.event_type is DagsterEventType.ASSET_CHECK_EVALUATION:
            _read_check(report, event)


def _read_materialization(report: Report, event: DagsterEvent) -> None:
    made = event.step_materialization_data.materialization
    if made.asset_key.path[0] == "raw":
        rows = _integer(made.metadata["dagster/partition_row_count"])
        if rows:
            report.loaded[made.asset_key.path[1]] = rows
    elif made.asset_key.path == ["published"]:
        report.published = str(made.metadata["version"].value)


def _read_check(report: Report, event: DagsterEvent) -> None:
    check = event.asset_check_evaluation_data
    report.checks += 1
    name = f"{check.asset_key.to_user_string()}: {check.check_name}"
    rejected = check.metadata.get("rejected")
    if rejected is not None and _integer(rejected):
        report.refused_rows[check.asset_key.path[-1]] = _integer(rejected)
    if not check.passed:
        why = check.description or _culprits(check.metadata)
        report.failed_checks.append(CheckResult(name, check.blocking or False, why))


def _culprits(metadata: Mapping[str, dg.MetadataValue[Any]]) -> str:
    """What a check says of its culprits, without showing them: rows may hold anything."""
    rows = metadata.get("dagster_dbt/failed_row_count")
    if rows is None:
        return ", ".join(f"{name} {value.value}" for name, value in metadata.items())
    return f"{rows.value} rows; the run's log names the file with the query that returns them"


def _failure(event: DagsterEvent) -> tuple[str, int | None]:
    """The sentence of a failed step, and the exit code that its error asks for."""
    data = event.step_failure_data
    if data.user_failure_data is not None:
        code = data.user_failure_data.metadata.get("exit_code")
        return data.user_failure_data.description or "", _integer(code) if code else None
    error = data.error.cause if data.error and data.error.cause else data.error
    name = error.cls_name if error else "unknown error"
    return f"{event.step_key}: {name}. The run's log in the Dagster UI has the details.", None


def _integer(value: dg.MetadataValue[Any]) -> int:
    return int(str(value.value))
