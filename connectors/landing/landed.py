"""What landed of a source, seen again: where it is compared with what the vendor holds."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from backports import zstd

from connectors.families import TABLES
from connectors.landing.manifest import Manifest, Origin
from connectors.landing.store import Landing

_AT_ONCE = 1_000
"""Kept records that are handed on at once."""


@dataclass(frozen=True)
class Landed:
    """What a stream, and the others of its source, brought so far."""

    landing: Landing
    origin: Origin

    def last(self, table: str, *columns: str, where: pl.Expr | None = None) -> pl.DataFrame:
        """Of each record of a table its last version, tombstones included.

        All streams of the source are looked at: one may tell what another one does not any more.

        Args:
            table: The family table.
            columns: Columns wanted.
            where: Which records, by the table's key.

        Returns:
            The table's key, its cursor, `_deleted`, and the columns asked for.
        """
        of = TABLES[table]
        wanted = [*dict.fromkeys([*of.key, of.cursor, "_deleted", *columns])]
        files = [
            self._folder(manifest) / manifest.tables[table].file
            for source, stream in self.landing.streams()
            if source == self.origin.source
            for manifest in self.landing.manifests(source, stream)
            if table in manifest.tables
        ]
        if not files:
            return pl.DataFrame(schema={name: of.schema[name] for name in wanted})
        rows = pl.scan_parquet(files, glob=False, missing_columns="insert", extra_columns="ignore")
        if where is not None:
            rows = rows.filter(where)
        return (
            rows.select(*wanted, "_load_id")
            .sort(of.cursor, "_load_id", nulls_last=False, maintain_order=True)
            .unique(of.key, keep="last", maintain_order=True)
            .select(wanted)
            .collect()
        )

    def records(self) -> Iterator[list[bytes]]:
        """The stream's records as they were sent, oldest first; none where no pages are kept."""
        for manifest in self.landing.manifests(self.origin.source, self.origin.stream):
            yield from kept_records(self._folder(manifest), manifest)

    def _folder(self, manifest: Manifest) -> Path:
        return self.landing.folder(manifest.source, manifest.stream) / manifest.load_id


def kept_records(package: Path, manifest: Manifest) -> Iterator[list[bytes]]:
    """Records of a package's raw pages, so many at once."""
    for page in manifest.pages:
        with zstd.open(package / page.file, "rb") as lines:
            remaining = (line.rstrip(b"\n") for line in lines)
            while batch := list(itertools.islice(remaining, _AT_ONCE)):
                yield batch
