"""Writes the release database as one compact, read-only DuckDB file, with Parquet beside it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from orchestration.publishing.versions import FILE
from orchestration.settings import Settings
from orchestration.warehouse import connect
from orchestration.warehouse.sql import literal, quote, timestamp, utc_now

_FRAGMENTED = 0.25
"""Share of free blocks from which a copy is written anew instead of block by block."""


@dataclass(frozen=True)
class Edition:
    """What a version says of itself in its table `about`."""

    version: str
    run_id: str
    code: str
    fingerprint: str


def write(settings: Settings, folder: Path, edition: Edition) -> dict[str, int]:
    """Write `earful.duckdb` and `parquet/` into `folder`. Returns rows by table."""
    target = folder / FILE
    _copy(settings.release, target)
    with connect(target) as connection:
        connection.execute(f"attach {literal(str(settings.warehouse))} as warehouse (read_only)")
        rows = tables(connection, target.stem)
        _describe(connection, edition, rows)
        connection.execute("detach warehouse")
        _export(connection, folder / "parquet", rows)
        connection.execute("checkpoint")
    target.chmod(0o444)
    return rows


def tables(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, int]:
    """Rows of every table of a database's schema `main`, by name."""
    names = connection.execute(
        "select table_name from duckdb_tables() "
        f"where database_name = {literal(database)} and schema_name = 'main' order by 1"
    ).fetchall()
    counts = {}
    for (name,) in names:
        row = connection.execute(
            f"select count(*) from {quote(database)}.main.{quote(name)}"
        ).fetchone()
        counts[name] = int(row[0]) if row else 0
    return counts


def _copy(release: Path, target: Path) -> None:
    """Copy the release file; write it anew where much of it is free space."""
    with connect(release) as connection:
        connection.execute("checkpoint")
        size = connection.execute("call pragma_database_size()").fetchone()
        total, free = (size[3], size[5]) if size else (0, 0)
        if total and free / total > _FRAGMENTED:
            connection.execute(
                f"attach {literal(str(target))} as edition (storage_version 'v1.0.0')"
            )
            connection.execute(f"copy from database {quote(release.stem)} to edition")
            connection.execute("detach edition")
    if not target.exists():
        shutil.copyfile(release, target)


def _describe(
    connection: duckdb.DuckDBPyConnection, edition: Edition, rows: dict[str, int]
) -> None:
    now = datetime.now(UTC).replace(tzinfo=None)
    connection.execute(
        f"""
        create table about as select
            {literal(edition.version)} as version,
            {timestamp(now)} as published_at,
            {literal(edition.run_id)} as run_id,
            {literal(edition.code)} as code_version,
            {literal(edition.fingerprint)} as model_fingerprint,
            'passed' as gate,
            {sum(rows.values())}::bigint as total_rows,
            (select max(loaded_at) from warehouse.raw._loads) as loaded_until,
            (select count(distinct source) from warehouse.raw._loads) as source_count;

        create table about_sources as select
            source, family, connector,
            count(*) as loads,
            max(loaded_at) as last_loaded_at,
            round(date_diff('second', max(loaded_at), {utc_now()}) / 3600.0, 2) as age_hours,
            sum(records_read)::bigint as records_read,
            sum(records_accepted)::bigint as records_accepted,
            sum(records_rejected)::bigint as records_rejected,
            sum(records_deduplicated)::bigint as records_deduplicated
        from warehouse.raw._loads where superseded_by is null
        group by all order by source;

        comment on table about is 'One row: what this file is, and how old.';
        comment on table about_sources is
            'One row per source: when it was last loaded, and what became of its records.';
        comment on column about.loaded_until is 'Time (UTC) of the newest load in this version.';
        comment on column about.gate is 'Verdict of the release gate.';
        """
    )


def _export(connection: duckdb.DuckDBPyConnection, folder: Path, rows: dict[str, int]) -> None:
    folder.mkdir()
    for name in [*rows, "about", "about_sources"]:
        file = literal(str(folder / f"{name}.parquet"))
        connection.execute(f"copy {quote(name)} to {file} (format parquet, compression zstd)")
