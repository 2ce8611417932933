"""What a run came to, read from the events that Dagster recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import dagster as dg
from dagster import DagsterEvent, DagsterEventType
from dagster._core.errors import DagsterAssetCheckFailedError

from connectors.landing import Counts
from orchestration.assets import landing_op


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
class Outcome:
    """What a run came to."""

    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    streams: list[StreamResult] = field(default_factory=list)
    loaded: dict[str, int] = field(default_factory=dict)
    refused_rows: dict[str, int] = field(default_factory=dict)
    silent: list[str] = field(default_factory=list)
    failed_checks: list[CheckResult] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    exit_codes: list[int] = field(default_factory=list)
    published: str | None = None
    report: str | None = None
    checks: int = 0
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def failed_streams(self) -> dict[str, list[str]]:
        """What streams failed of, each sentence once, and their names."""
        found: dict[str, list[str]] = {}
        for stream in self.streams:
            if stream.error:
                found.setdefault(stream.error, []).append(stream.name)
        return found

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


def read_landing(
    outcome: Outcome,
    specs: list[dg.AssetSpec],
    events: list[DagsterEvent],
    counts: Mapping[dg.AssetKey, Counts],
) -> None:
    """Enter what landing each stream came to, and the sentence that it failed with, if it did.

    Args:
        outcome: What is entered into.
        specs: The streams that were read.
        events: What Dagster recorded.
        counts: What the packages say that each stream landed, in all attempts.
    """
    landed = {event.asset_key for event in events if event.is_step_materialization}
    outcome.silent = [
        event.asset_check_evaluation_data.description or ""
        for event in events
        if event.event_type is DagsterEventType.ASSET_CHECK_EVALUATION
        and not event.asset_check_evaluation_data.passed
    ]
    failures = {event.step_key: event for event in events if event.is_step_failure}
    for spec in specs:
        stream = StreamResult(".".join(spec.key.path[1:]), spec.group_name or "")
        count = counts[spec.key]
        stream.read, stream.accepted = count.read, count.accepted
        stream.rejected, stream.deduplicated = count.rejected, count.deduplicated
        event = failures.get(landing_op(spec.key.path[1]))
        if event is not None:
            sentence = None if spec.key in landed else _failure(event)[0]
            stream.error = _failed_streams(event).get(stream.name, sentence)
        outcome.streams.append(stream)
    outcome.streams.sort(key=lambda stream: stream.name)


def _failed_streams(event: DagsterEvent) -> Mapping[str, str]:
    """Sentences of the streams that failed in a landing step, by name."""
    failed = event.step_failure_data.user_failure_data
    streams = failed.metadata.get("streams") if failed else None
    return cast("Mapping[str, str]", streams.value) if streams is not None else {}


def read_build(outcome: Outcome, events: list[DagsterEvent]) -> None:
    """Enter what loading, judging, modelling and publishing came to."""
    for event in events:
        if event.is_step_failure and not _is_check(event):
            why, code = _failure(event)
            outcome.errors.append(why)
            if code:
                outcome.exit_codes.append(code)
        elif event.is_step_materialization:
            _read_materialization(outcome, event)
        elif event.event_type is DagsterEventType.ASSET_CHECK_EVALUATION:
            _read_check(outcome, event)


def _read_materialization(outcome: Outcome, event: DagsterEvent) -> None:
    made = event.step_materialization_data.materialization
    if made.asset_key.path[0] == "raw":
        rows = _integer(made.metadata["dagster/partition_row_count"])
        if rows:
            outcome.loaded[made.asset_key.path[1]] = rows
    elif made.asset_key.path == ["published"]:
        outcome.published = str(made.metadata["version"].value)
    elif made.asset_key.path == ["report"]:
        outcome.report = str(made.metadata["path"].value)


def _read_check(outcome: Outcome, event: DagsterEvent) -> None:
    check = event.asset_check_evaluation_data
    outcome.checks += 1
    name = f"{check.asset_key.to_user_string()}: {check.check_name}"
    if "moved" in check.metadata:
        _read_raw_check(outcome, check.asset_key.path[-1], check.metadata)
    if not check.passed:
        why = check.description or _culprits(check.metadata)
        outcome.failed_checks.append(CheckResult(name, check.blocking or False, why))


def _read_raw_check(
    outcome: Outcome, table: str, metadata: Mapping[str, dg.MetadataValue[Any]]
) -> None:
    moved, repeated = _integer(metadata["moved"]), _integer(metadata["repeated"])
    if moved:
        outcome.refused_rows[table] = moved
    # the gate found out that they are none; rows of an earlier run were loaded by that one
    left = outcome.loaded.pop(table, 0) - repeated
    if left > 0:
        outcome.loaded[table] = left


def _culprits(metadata: Mapping[str, dg.MetadataValue[Any]]) -> str:
    """What a check says of its culprits, without showing them: rows may hold anything."""
    rows = metadata.get("dagster_dbt/failed_row_count")
    if rows is None:
        return ", ".join(f"{name} {value.value}" for name, value in metadata.items())
    return f"{rows.value} rows; the run's log names the file with the query that returns them"


def _is_check(event: DagsterEvent) -> bool:
    """Whether a step failed of nothing but a check, which speaks for itself."""
    data = event.step_failure_data
    if data.user_failure_data is not None:
        code = data.user_failure_data.metadata.get("code")
        return code is not None and code.value == "DBT-TESTS"
    return data.error is not None and data.error.cls_name == DagsterAssetCheckFailedError.__name__


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
