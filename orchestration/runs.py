"""Runs the pipeline in this process, as Dagster runs that its UI knows.

Two runs: the first lands sources, each on its own, so that one that fails holds nobody back;
the second loads, judges, models and publishes whatever landed, if anything did.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import dagster as dg
from dagster import DagsterEvent, DagsterEventType, DagsterInstance, EventLogEntry
from sqlalchemy.exc import OperationalError

from connectors.errors import EarfulError, FixConfiguration
from connectors.landing import Counts, Landing, Window
from orchestration import dagster_home
from orchestration.ahead import Ahead
from orchestration.assets import REPORT, landing_op
from orchestration.dbt.manifest import Parsing
from orchestration.loading import load_definitions
from orchestration.long_lived import long_lived
from orchestration.outcome import Outcome, read_build, read_landing
from orchestration.publishing.currency import is_current
from orchestration.report import editions
from orchestration.settings import Settings
from orchestration.unwritable import unwritable
from orchestration.warehouse import Loader, WriterGate, connect

Listener = Callable[[str], None]
"""Gets the name of each step as it begins."""

_ENDS = (DagsterEventType.STEP_SUCCESS, DagsterEventType.STEP_FAILURE)
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def instance(settings: Settings) -> DagsterInstance:
    """The Dagster instance of this data folder."""
    os.environ["DAGSTER_HOME"] = str(dagster_home.prepare(settings))
    return DagsterInstance.get()


def run(
    settings: Settings,
    sources: list[str],
    window: Window | None,
    listen: Listener,
    parsing: Parsing,
) -> Outcome:
    """Land `sources` (all where empty), then load, judge, model and publish.

    Raises:
        FixConfiguration: A source is not configured, or dbt cannot parse the project.
        FixEnvironment: Dagster cannot keep its books.
    """
    outcome = Outcome()
    with _runner(settings, listen, parsing) as (runner, definitions):
        specs = _landing(definitions, sources)
        events = runner.execute([spec.key for spec in specs], _window_config(specs, window))
        read_landing(outcome, specs, events, _landed(settings, specs, outcome.began))
        read_build(outcome, runner.execute(_due(settings, definitions, outcome), {}))
    outcome.seconds = runner.seconds
    return outcome


def build(settings: Settings, listen: Listener, parsing: Parsing) -> Outcome:
    """Load, judge, model and publish what has landed, and ask no source. For errors see `run`."""
    outcome = Outcome()
    with _runner(settings, listen, parsing) as (runner, definitions):
        read_build(outcome, runner.execute(_due(settings, definitions, outcome), {}))
    outcome.seconds = runner.seconds
    return outcome


@contextmanager
def _runner(
    settings: Settings, listen: Listener, parsing: Parsing
) -> Iterator[tuple[_Runner, dg.Definitions]]:
    with _books(settings), instance(settings) as dagster, Ahead() as ahead:
        with long_lived():
            # takes seconds to import, in which dbt parses
            import dagster_dbt  # noqa: F401, PLC0415

        parsing.result()
        definitions = load_definitions()
        yield _Runner(definitions, dagster, ahead, listen), definitions


@contextmanager
def _books(settings: Settings) -> Iterator[None]:
    """Say in a sentence where Dagster's own SQLite files cannot be written."""
    try:
        yield
    except OperationalError as error:
        # its message holds the statement, with values of ours in it
        raise unwritable(settings.dagster_home, str(error.orig)) from None


def _due(settings: Settings, definitions: dg.Definitions, outcome: Outcome) -> list[dg.AssetKey]:
    """What is to be materialized once the sources were read."""
    if outcome.failed_streams and not _has_landed(settings):
        # a first run that nothing came of: there is nothing to build from
        return []
    if not _is_done(settings):
        keys = definitions.resolve_asset_graph().materializable_asset_keys
        return sorted(key for key in keys if key.path[0] != "landing")
    # the version may be there while its report failed, or was never made
    return [] if editions.is_current(settings) else [REPORT]


def _has_landed(settings: Settings) -> bool:
    """Whether any stream ever landed a package."""
    landing = Landing(settings.landing)
    return any(landing.load_ids(*stream) for stream in landing.streams())


def _is_done(settings: Settings) -> bool:
    """Whether a build would skip every step; the least of its runs costs seconds of bookkeeping."""
    try:
        with WriterGate(settings.data, 0).hold("look for news"):
            if not is_current(settings):
                return False
            with connect(settings.warehouse, read_only=True) as connection:
                return not Loader(connection, Landing(settings.landing)).pending()
    except EarfulError:
        # somebody writes, or it cannot be read: the build says so, in a run that the UI shows
        return False


class _Runner:
    """Executes selections of assets, and tells the listener what begins."""

    def __init__(
        self,
        definitions: dg.Definitions,
        dagster: DagsterInstance,
        ahead: Ahead,
        listen: Listener,
    ) -> None:
        self._job = definitions.resolve_implicit_global_asset_job_def()
        self._dagster = dagster
        self._ahead = ahead
        self._listen = listen
        self._began: dict[str, float] = {}
        self.seconds: dict[str, float] = {}

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
        if event is None or event.step_key is None:
            return
        self._ahead.see(event)
        if event.event_type is DagsterEventType.STEP_START:
            self._began[event.step_key] = entry.timestamp
            self._listen(event.step_key)
        elif event.event_type in _ENDS:
            began = self._began.get(event.step_key, entry.timestamp)
            self.seconds[event.step_key] = entry.timestamp - began


def _landed(
    settings: Settings, specs: list[dg.AssetSpec], began: datetime
) -> dict[dg.AssetKey, Counts]:
    """What each stream landed since a run began, by its packages."""
    landing = Landing(settings.landing)
    return {
        spec.key: sum(
            (m.counts for m in landing.landed_since(spec.key.path[1], spec.key.path[2], began)),
            Counts(),
        )
        for spec in specs
    }


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
    return {"ops": {landing_op(spec.key.path[1]): {"config": config} for spec in specs}}
