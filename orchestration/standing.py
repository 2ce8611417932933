"""Where each configured source stood when it was last read, as Dagster's records tell it."""

from __future__ import annotations

import dagster as dg
from dagster import DagsterInstance
from dagster._core.storage.event_log.base import AssetRecord

from orchestration.assets import landing_key
from orchestration.components import silence
from orchestration.components.streams import Streams
from orchestration.publishing.about import Standing
from orchestration.settings import Settings
from orchestration.sources import source_config, source_files


def standings(settings: Settings, dagster: DagsterInstance) -> list[Standing]:
    """One per source and family, those that were never loaded included."""
    found = []
    for path in source_files(settings):
        streams = Streams(path.parent.name, source_config(path))
        found += _of(streams, dagster)
    return found


def _of(streams: Streams, dagster: DagsterInstance) -> list[Standing]:
    source, limit, facts = streams.source, streams.config.age_limit, streams.facts()
    keys = {landing_key(source, name): name for name in facts}
    records = dagster.get_asset_records(list(keys))
    failed = {keys[r.asset_entry.asset_key] for r in records if _failed(r, dagster)}
    late = _late(streams, dagster)
    return [
        Standing(
            source=source,
            family=family,
            connector=streams.config.connector,
            stale_after_hours=None if limit is None else limit.total_seconds() / 3600,
            is_late=late,
            failed_streams=tuple(sorted(n for n in failed if facts[n].family == family)),
        )
        for family in sorted({fact.family for fact in facts.values()})
    ]


def _failed(record: AssetRecord, dagster: DagsterInstance) -> bool:
    """Whether the last run that was to land the stream ended without having landed it."""
    entry = record.asset_entry
    landed = entry.last_materialization_record
    if entry.last_run_id is None or (landed and landed.run_id == entry.last_run_id):
        return False
    run = dagster.get_run_by_id(entry.last_run_id)
    return run is not None and run.is_finished


def _late(streams: Streams, dagster: DagsterInstance) -> bool | None:
    """What the source's own check said last; None where nothing is promised, or nobody looked."""
    for spec in silence.spec(streams):
        key = dg.AssetCheckKey(spec.asset_key, spec.name)
        found = dagster.event_log_storage.get_latest_asset_check_execution_by_key([key]).get(key)
        evaluation = found and found.event and found.event.asset_check_evaluation
        return None if not evaluation else not evaluation.passed
    return None
