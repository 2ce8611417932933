"""What there is: sources, rejects, published tables. Read-only, and quick to import."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors.errors import Locked
from connectors.landing import Counts, Landing
from orchestration.publishing.versions import FILE, Versions
from orchestration.settings import Settings
from orchestration.warehouse import Holder, connect, holder
from orchestration.warehouse.counts import count_rows

_LISTS = ("_to_map", "_to_check", "_conflicts")


@dataclass
class SourceState:
    """Where one stream stands."""

    stream: str
    packages: int
    pending: int | None
    """None while somebody writes the warehouse."""
    last_landed: datetime | None
    lag_hours: float | None
    newest_record: datetime | None
    cursor: str | None
    counts: Counts


@dataclass
class Overview:
    """Where an instance stands."""

    streams: list[SourceState]
    rejected_by_gate: dict[str, int]
    waiting_for_gate: list[str]
    published: dict[str, Any] | None
    to_do: dict[str, int]
    """Rows of the published lists of what wants mapping or a look, by table."""
    versions: list[str]
    writer: Holder | None


def overview(settings: Settings) -> Overview:
    """Look at landing, the ledger and the published file; nothing is locked or written."""
    landing = Landing(settings.landing)
    try:
        loaded, gate, waiting = _ledger(settings)
    except Locked:
        # a run is at work; whoever asks wants to know which
        loaded, gate, waiting = None, {}, []
    return Overview(
        streams=[_state(landing, *stream, loaded) for stream in landing.streams()],
        rejected_by_gate=gate,
        waiting_for_gate=waiting,
        published=_about(settings),
        to_do=_to_do(settings),
        versions=Versions(settings.published).names(),
        writer=holder(settings.data),
    )


def _state(landing: Landing, source: str, stream: str, loaded: set[str] | None) -> SourceState:
    manifests = list(landing.manifests(source, stream))
    last = manifests[-1].finished_at if manifests else None
    return SourceState(
        stream=f"{source}.{stream}",
        packages=len(manifests),
        pending=None
        if loaded is None
        else sum(not loaded.issuperset(m.members) for m in manifests),
        last_landed=last,
        lag_hours=round((datetime.now(UTC) - last).total_seconds() / 3600, 1) if last else None,
        newest_record=landing.newest(source, stream),
        cursor=landing.cursor(source, stream),
        counts=sum((m.counts for m in manifests), Counts()),
    )


def _ledger(settings: Settings) -> tuple[set[str], dict[str, int], list[str]]:
    if not settings.warehouse.exists():
        return set(), {}, []
    with connect(settings.warehouse, read_only=True) as connection:
        rows = connection.execute(
            "select load_id, gated_at is null and superseded_by is null from raw._loads"
        ).fetchall()
        gate = connection.execute(
            "select table_name, sum(rows_rejected)::bigint from raw._load_tables "
            "group by all having sum(rows_rejected) > 0 order by all"
        ).fetchall()
    return {row[0] for row in rows}, dict(gate), [row[0] for row in rows if row[1]]


def _about(settings: Settings) -> dict[str, Any] | None:
    path = settings.published / FILE
    if not path.exists():
        return None
    with connect(path, read_only=True) as connection:
        result = connection.execute("select * from about")
        names = [column[0] for column in result.description or []]
        row = result.fetchone()
    return dict(zip(names, row, strict=True)) if row else None


def _to_do(settings: Settings) -> dict[str, int]:
    if not (settings.published / FILE).exists():
        return {}
    lists = [table for table in published_tables(settings) if table[0].endswith(_LISTS)]
    return {name: rows for name, rows, _ in lists if rows}


def reject_reasons(
    settings: Settings, streams: set[str], since: datetime
) -> list[tuple[str, str, str, int]]:
    """Records that some streams set aside since a time: stream, where, reason, records."""
    import polars as pl  # noqa: PLC0415 - status and help do without it

    landing = Landing(settings.landing)
    found: list[tuple[str, str, str, int]] = []
    for name in sorted(streams):
        source, _, stream = name.partition(".")
        folder = landing.folder(source, stream)
        files = [
            folder / m.load_id / m.rejects.file
            for m in landing.landed_since(source, stream, since)
            if m.rejects
        ]
        if files:
            counted = (
                pl.scan_parquet(files).group_by("path", "reason").len().sort("len", descending=True)
            ).collect()
            found.extend((name, path, reason, n) for path, reason, n in counted.iter_rows())
    return found


def published_tables(settings: Settings) -> list[tuple[str, int, str]]:
    """Tables of the published version: name, rows, first sentence of the description."""
    with connect(settings.published / FILE, read_only=True) as connection:
        rows = count_rows(connection, "schema_name = 'main'")
        comments = connection.execute(
            "select table_name, coalesce(comment, '') from duckdb_tables() "
            "where schema_name = 'main' order by 1"
        ).fetchall()
    return [(name, rows[name], told.split(". ")[0].rstrip(".")) for name, told in comments]
