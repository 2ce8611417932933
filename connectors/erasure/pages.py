"""Raw pages without an erased person's records.

Only the stream's own mapping tells whose a raw record is. So lines that hold an id of the person
are mapped, each by itself, and those that yield a row of theirs go. What is left is mapped once
more, and must yield none. Where a record is somebody else's too, all pages of the package go: it
cannot be replayed then, and says so, instead of losing the other one's rows.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import polars as pl

from connectors.erasure.rule import name_columns
from connectors.erasure.sought import Sought
from connectors.families import TABLES
from connectors.landing.landed import kept_records
from connectors.landing.manifest import Artifact, Manifest
from connectors.landing.pages import PageFile
from connectors.landing.replay import Remapper
from connectors.landing.writer import PackageWriter

_TOKEN = re.compile(rb'[^\s",:\[\]{}<>\\]+')


class Kept(NamedTuple):
    """Pages without a person: None where they could not be parted from them, and went whole."""

    pages: Artifact | None
    gone: list[int]
    """Numbers of the records that went, from 1."""
    masked: int
    """Records of others in which an address was masked."""


class Pages:
    """The raw pages of one package.

    Args:
        folder: The package's folder.
        manifest: Its manifest.
        mapper: Maps records as the stream does; without it every line in doubt goes.
        sought: Who is erased.
    """

    def __init__(
        self, folder: Path, manifest: Manifest, mapper: Remapper | None, sought: Sought
    ) -> None:
        """Nothing is read yet."""
        self._folder = folder
        self._manifest = manifest
        self._mapper = mapper
        self._sought = sought

    def doubtful(self) -> set[int]:
        """Numbers of the records, from 1, that hold an id or an address of theirs."""
        addresses = self._sought.addresses
        ids = {text.lower() for text in self._sought.ids[self._manifest.source]}
        tokens = frozenset(text.encode() for text in ids)
        texts = [*ids, *addresses.written]
        found = set()
        for first, batch in self._batches():
            lines = pl.Series([line.decode(errors="replace") for line in batch]).str.to_lowercase()
            # few lines hold one of them as a part of any word: only those are taken apart
            for place in lines.str.contains_any(texts).arg_true() if texts else []:
                line = batch[place].lower()
                if addresses.are_in(line) or not tokens.isdisjoint(_TOKEN.findall(line)):
                    found.add(first + place)
        return found

    def without_them(self, doubtful: set[int], name: str) -> Kept:
        """Write the pages anew, into a file of this name, without doubtful ones that are theirs."""
        addresses = self._sought.addresses
        gone, masked, is_parted = [], 0, True
        target = PageFile(self._folder / name)
        for first, batch in self._batches():
            for number, line in enumerate(batch, first):
                rows = self._rows_of(line) if number in doubtful else _OTHERS
                is_parted &= not (rows.theirs and rows.others)
                if rows.theirs:
                    gone.append(number)
                elif number in doubtful and addresses.are_in(line):
                    masked += 1
                    target.write(addresses.masked_line(line) + b"\n", 1)
                else:
                    target.write(line + b"\n", 1)
        pages = target.close()
        if is_parted and self._mapper is not None:
            # a row may come of several records, or of one that has no id of theirs
            is_parted = not self._mapped(self._folder, pages, self._mapper).theirs
        if is_parted:
            return Kept(pages, gone, masked)
        (self._folder / name).unlink()
        return Kept(None, [], 0)

    def _batches(self) -> Iterator[tuple[int, list[bytes]]]:
        """The records, so many at once, with the number of the first."""
        first = 1
        for batch in kept_records(self._folder, self._manifest):
            yield first, batch
            first += len(batch)

    def _rows_of(self, line: bytes) -> _Rows:
        """What a record with an id of theirs yields; one that yields nothing may be theirs."""
        if self._mapper is None:
            return _THEIRS
        with tempfile.TemporaryDirectory(prefix=".tmp-", dir=self._folder.parent) as work:
            page = PageFile(Path(work) / "page.ndjson.zst")
            page.write(line + b"\n", 1)
            rows = self._mapped(Path(work), page.close(), self._mapper)
        return rows if rows.theirs or rows.others else _THEIRS

    def _mapped(self, folder: Path, page: Artifact, mapper: Remapper) -> _Rows:
        """Whose the rows are that a page yields."""
        manifest = msgspec.structs.replace(self._manifest, pages=[page])
        rows = _Rows(0, 0)
        with tempfile.TemporaryDirectory(prefix=".tmp-", dir=self._folder.parent) as work:
            root = Path(work)
            with PackageWriter(root, "mapped", manifest.origin, keep_raw=False) as writer:
                counts, _ = mapper.remap(folder, manifest, writer)
                mapped = writer.commit(counts)
            for table, file in mapped.tables.items():
                if name_columns(TABLES[table]):
                    frame = pl.read_parquet(root / "mapped" / file.file)
                    theirs = len(self._sought.rows(TABLES[table], frame).arg_true())
                    rows = _Rows(rows.theirs + theirs, rows.others + frame.height - theirs)
        return rows


class _Rows(NamedTuple):
    """How many rows a record yields: of theirs, and of somebody else."""

    theirs: int
    others: int


_THEIRS, _OTHERS = _Rows(1, 0), _Rows(0, 1)
