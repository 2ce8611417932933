"""Writes the release database as one compact, read-only DuckDB file, with Parquet beside it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from connectors.landing import disk
from orchestration.publishing import about, parquet
from orchestration.publishing.versions import FILE
from orchestration.settings import Settings
from orchestration.warehouse import Connection, connect
from orchestration.warehouse.counts import count_rows
from orchestration.warehouse.sql import literal, quote

_FRAGMENTED = 0.5
"""Share of free blocks from which a copy is written anew instead of block by block."""


def write(
    settings: Settings,
    folder: Path,
    edition: about.Edition,
    months: Mapping[str, str] | None = None,
    previous: Path | None = None,
) -> dict[str, int]:
    """Write `earful.duckdb` and `parquet/` into `folder`. Returns rows by table.

    Args:
        settings: Whose release is published.
        folder: Of the new version.
        edition: What the version says of itself.
        months: Column by whose months a large table's Parquet is split, by table.
        previous: Folder of the current version, whose Parquet is linked where nothing changed.
    """
    target = folder / FILE
    _compact(settings.release)
    # the copy waits for the disk and the export for the processor
    with ThreadPoolExecutor(1) as aside, connect(settings.release, read_only=True) as release:
        copied = aside.submit(_copy, settings.release, target)
        rows = tables(release, settings.release.stem)
        export = parquet.Export(release, folder, edition.version, previous)
        files = [
            file
            for table, count in rows.items()
            for file in export.table(table, count, (months or {}).get(table))
        ]
        copied.result()
    with connect(target) as connection:
        connection.execute(f"attach {literal(str(settings.warehouse))} as warehouse (read_only)")
        about.describe(connection, edition, rows, files)
        connection.execute("detach warehouse")
        for name in about.TABLES:
            parquet.write(connection, name, folder)
        connection.execute("checkpoint")
    target.chmod(0o444)
    return rows


def tables(connection: Connection, database: str) -> dict[str, int]:
    """Rows of every table of a database's schema `main`, by name."""
    return count_rows(connection, f"database_name = {literal(database)} and schema_name = 'main'")


def _compact(release: Path) -> None:
    """Write what is pending into the release file; write the file anew if it is mostly free space.

    Anew takes ten times as long as a copy, so it is done once, for the release itself.
    """
    with connect(release) as connection:
        connection.execute("checkpoint")
        size = connection.execute("call pragma_database_size()").fetchone()
        total, free = (size[3], size[5]) if size else (0, 0)
        if not total or free / total <= _FRAGMENTED:
            return
        compact = release.with_suffix(".compact")
        compact.unlink(missing_ok=True)
        connection.execute(f"attach {literal(str(compact))} as compact (storage_version 'v1.0.0')")
        connection.execute(f"copy from database {quote(release.stem)} to compact")
        connection.execute("detach compact")
    disk.replace_durably(compact, release)


def _copy(source: Path, target: Path) -> None:
    """Copy a file; on XFS and Btrfs both share their blocks until one of them is written."""
    left = source.stat().st_size
    try:
        with source.open("rb") as read, target.open("wb") as write:
            while left and (copied := os.copy_file_range(read.fileno(), write.fileno(), left)):
                left -= copied
    except (AttributeError, OSError):
        pass  # not on macOS, and not on every file system
    if left:
        shutil.copyfile(source, target)
