"""Writes one load package, and makes it visible all at once or not at all."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self, Unpack

import msgspec
import polars as pl

from connectors.errors import FixEnvironment
from connectors.families import FAMILIES, TABLES
from connectors.families.frames import conform
from connectors.landing import disk
from connectors.landing.manifest import Artifact, Counts, Facts, Manifest, Origin, encode
from connectors.landing.pages import PageFile

REJECTS = pl.Schema({"record": pl.Int64, "path": pl.String, "reason": pl.String, "body": pl.String})
"""Rows of `rejects.parquet`: which record (from 1), where in it, why, and the record itself."""

ROW_GROUP = 122_880
"""Rows of a row group: as many as DuckDB's have, which it puts together anew of any others."""
_COPY_BLOCK = 1 << 20


class PackageWriter:
    """One load package in the making; a context manager that leaves nothing half-written.

    Args:
        folder: The stream's folder, held for writing.
        load_id: Id of the package.
        origin: Where its rows come from.
        keep_raw: Whether raw pages and the bodies of rejected records are kept.
        region: Country of phone numbers that name none; see `connectors.phones.e164`.
    """

    def __init__(
        self,
        folder: Path,
        load_id: str,
        origin: Origin,
        *,
        keep_raw: bool = True,
        region: str | None = None,
    ) -> None:
        """Start a package in a hidden folder beside the committed ones."""
        self.load_id = load_id
        self.origin = origin
        self._final = folder / load_id
        self._path = folder / f".tmp-{load_id}"
        self._keep_raw = keep_raw
        self._region = region
        self._started = datetime.now(UTC)
        self._parts: dict[str, list[pl.DataFrame]] = defaultdict(list)
        self._tables: dict[str, Artifact] = {}
        self._rejects: list[pl.DataFrame] = []
        self._pages: list[Artifact] = []
        self._page_file: PageFile | None = None

    def __enter__(self) -> Self:
        """Make the hidden folder."""
        with _explained(self._path):
            self._path.mkdir()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Sweep away whatever was not committed."""
        if self._page_file is not None:
            self._page_file.close()
        shutil.rmtree(self._path, ignore_errors=True)

    def page(self, lines: bytes, records: int) -> None:
        """Keep one raw page: its records as NDJSON, each line with its newline."""
        if not self._keep_raw:
            return
        with _explained(self._path):
            if self._page_file is None:
                self._page_file = PageFile(self._path / "pages.ndjson.zst")
            self._page_file.write(lines, records)

    def append_pages(self, path: Path, records: int) -> None:
        """Keep the pages of another package: zstd files can be joined end to end."""
        with _explained(self._path):
            if self._page_file is None:
                self._page_file = PageFile(self._path / "pages.ndjson.zst")
            self._page_file.append(path, records)

    def file(self, path: Path, name: str) -> None:
        """Keep an export file as it was read, compressed, under `name` + `.zst`."""
        if not self._keep_raw:
            return
        with _explained(self._path):
            copy = PageFile(self._path / f"{name}.zst")
            with path.open("rb") as original:
                while block := original.read(_COPY_BLOCK):
                    copy.write(block, 0)
            self._pages.append(copy.close())

    def add(self, table: str, frame: pl.DataFrame) -> None:
        """Add mapped rows to a table of the package; see `conform` for what is refused."""
        self._parts[table].append(self._conform(table, frame.lazy()).collect())

    def sink(self, table: str, frame: pl.LazyFrame) -> int:
        """Stream mapped rows of a large input into a table, once per table. Returns the rows."""
        return self.merge(table, self._conform(table, frame))

    def merge(self, table: str, frame: pl.LazyFrame) -> int:
        """Stream rows that were landed before into a table, load ids and all."""
        target = self._path / f"{table}.parquet"
        with _explained(target):
            frame.sink_parquet(
                target, compression="zstd", compression_level=1, row_group_size=ROW_GROUP
            )
        return self._written(table, target, pl.scan_parquet(target))

    def reject(self, rejects: pl.DataFrame) -> None:
        """Set records aside; a frame of `REJECTS`."""
        if not self._keep_raw:
            rejects = rejects.with_columns(body=pl.lit(None, pl.String))
        self._rejects.append(rejects)

    def commit(self, counts: Counts, **facts: Unpack[Facts]) -> Manifest:
        """Write what is still in memory and make the package visible by one rename.

        Raises:
            AssertionError: The counts do not balance: a bug, and never to be landed.
            FixEnvironment: The disk refused.
        """
        if not counts.balanced:
            raise AssertionError(f"{self.origin}: counts do not balance: {counts}")
        with _explained(self._path):
            self._write_tables()
            manifest = Manifest(
                load_id=self.load_id,
                contract=FAMILIES[self.origin.family].version,
                started_at=self._started,
                finished_at=datetime.now(UTC),
                counts=counts,
                tables=self._tables,
                pages=self._close_pages(),
                rejects=self._write_rejects(),
                **msgspec.structs.asdict(self.origin),
                **facts,
            )
            (self._path / "manifest.json").write_bytes(encode(manifest))
            disk.rename_durably(self._path, self._final)
        return manifest

    def _conform(self, table: str, frame: pl.LazyFrame) -> pl.LazyFrame:
        source = self.origin.source
        return conform(TABLES[table], frame, source, self.load_id, self._region)

    def _write_tables(self) -> None:
        for table, parts in self._parts.items():
            target = self._path / f"{table}.parquet"
            frame = pl.concat(parts)
            frame.write_parquet(
                target, compression="zstd", compression_level=1, row_group_size=ROW_GROUP
            )
            self._written(table, target, frame.lazy())

    def _written(self, table: str, target: Path, frame: pl.LazyFrame) -> int:
        """Enter a table's file into the manifest. Returns its rows."""
        happened = pl.col(TABLES[table].happened)
        now = datetime.now(UTC).replace(tzinfo=None)
        # a renewal may be dated ahead: it says nothing of when the source was last heard of
        told = happened.filter(happened <= now).max()
        rows, newest = frame.select(pl.len(), told).collect().row(0)
        made = artifact(target, rows)
        self._tables[table] = msgspec.structs.replace(made, newest=newest)
        return int(rows)

    def _write_rejects(self) -> Artifact | None:
        if not self._rejects:
            return None
        target = self._path / "rejects.parquet"
        frame = pl.concat(self._rejects)
        frame.write_parquet(target, compression="zstd")
        return artifact(target, frame.height)

    def _close_pages(self) -> list[Artifact]:
        if self._page_file is not None:
            self._pages.append(self._page_file.close())
            self._page_file = None
        return self._pages


def artifact(path: Path, rows: int) -> Artifact:
    """What the manifest says of a file that was written."""
    return Artifact(file=path.name, rows=rows, bytes=path.stat().st_size, sha256=disk.sha256(path))


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn a refusal of the disk into a sentence that names the folder."""
    try:
        yield
    except OSError as error:
        raise FixEnvironment(
            "LANDING-WRITE",
            str(path.parent),
            f"cannot be written ({error.strerror or type(error).__name__})",
            "Check permissions and free space, or set EARFUL_DATA to another folder.",
        ) from error
