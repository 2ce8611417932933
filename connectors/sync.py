"""One sync of one stream: read pages, decode them, land them in packages of bounded size."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from connectors.decoding import Decoded, Decoder, Lines, joined
from connectors.errors import EarfulError
from connectors.families import TABLES, Table
from connectors.landing import REJECTS, Counts, Landing, Manifest, Origin, PackageWriter, Window
from connectors.landing.landed import kept_records
from connectors.landing.replay import Remapped
from connectors.stream import Page, Stream
from connectors.unmapped import REASON, mapped

PACKAGE_RECORDS = 50_000
"""Records after which a package is closed, so that memory stays flat and little is re-read."""

PACKAGE_SECONDS = 60.0
"""Seconds after which a package is closed, so that a killed run has little to ask for again."""


@dataclass(frozen=True)
class Terms:
    """The terms on which a stream is landed.

    Args:
        keep_raw: Whether raw pages are kept.
        key: What respondents are hashed with, where the stream hashes any.
        window: The stretch of time that is read again, if it is one.
        overlaps: Whether the pages may hold records that earlier packages brought.
        region: Country of phone numbers that name none; see `connectors.phones.e164`.
        moves: Whether a new position is written also where no record came with it.
    """

    keep_raw: bool = True
    key: bytes = field(default=b"", repr=False)
    window: Window | None = None
    overlaps: bool = False
    region: str | None = None
    moves: bool = False


_USUAL = Terms()


@dataclass
class _Open:
    """The package being filled; `stopped` is what ended the pages early."""

    writer: PackageWriter
    counts: Counts = field(default_factory=Counts)
    decoded: list[Decoded] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)
    cursor: str | None = None
    stopped: EarfulError | None = None

    @property
    def records(self) -> int:
        return self.counts.read - self.counts.deduplicated


def land(
    stream: Stream,
    pages: Iterable[Page],
    landing: Landing,
    origin: Origin,
    terms: Terms = _USUAL,
) -> Iterator[Manifest]:
    """Land pages, oldest first; each package closes with the cursor of its last page.

    What had arrived when an error ends the pages lands before the error is raised. A run that
    brought no record writes no package, unless the position has not been written for a day.

    Args:
        stream: How records decode and map.
        pages: Pages after the stream's present cursor, or those of the window.
        landing: Where packages go.
        origin: Where the records come from.
        terms: Raw pages, key, window.

    Yields:
        The manifest of each package, after it was committed.
    """
    decoder = Decoder(stream)
    before = landing.cursor(origin.source, origin.stream)
    remaining = iter(pages)
    with landing.writing(origin.source, origin.stream) as folder:
        while True:
            load_id = landing.next_load_id(origin.source, origin.stream)
            with PackageWriter(
                folder, load_id, origin, keep_raw=terms.keep_raw, region=terms.region
            ) as writer:
                package = _Open(writer, cursor=before)
                more = _fill(package, decoder, remaining)
                _map(package, stream, terms.key)
                moved = package.cursor != before
                if package.records or (moved and (terms.moves or landing.is_old(origin))):
                    yield writer.commit(
                        package.counts,
                        cursor_before=before,
                        cursor_after=package.cursor,
                        window=terms.window,
                        overlaps=terms.overlaps or terms.window is not None,
                        unknown_fields=sorted(package.unknown),
                    )
                before = package.cursor
            if package.stopped is not None:
                raise package.stopped
            if not more:
                return


def remap(
    stream: Stream, package: Path, manifest: Manifest, writer: PackageWriter, key: bytes = b""
) -> Remapped:
    """Map a package's raw pages again; what a stream's `Remapper` calls.

    Args:
        stream: Today's records and mapping.
        package: Folder of the old package.
        manifest: Its manifest.
        writer: The package that takes its place.
        key: What respondents are hashed with, where the stream hashes any.
    """
    decoder = Decoder(stream)
    replayed = _Open(writer)
    for batch in kept_records(package, manifest):
        _add(replayed, decoder, Page(batch))
    _map(replayed, stream, key)
    return Remapped(replayed.counts, sorted(replayed.unknown))


def _fill(package: _Open, decoder: Decoder, pages: Iterator[Page]) -> bool:
    """Move pages into a package until it is full, or open for long; whether more may come."""
    began = time.monotonic()
    try:
        for page in pages:
            _add(package, decoder, page)
            if package.records >= PACKAGE_RECORDS or time.monotonic() - began > PACKAGE_SECONDS:
                return True
    except EarfulError as error:
        package.stopped = error
    return False


def _map(package: _Open, stream: Stream, key: bytes) -> None:
    """Map all records of a package at once: a query's cost is per call, not per row."""
    if not package.decoded:
        return
    tables, refused = mapped(stream, *joined(package.decoded), key)
    fewer: dict[str, int] = {}
    for table, frame in tables.items():
        rows = _once(TABLES[table], frame)
        package.writer.add(table, rows)
        fewer[table] = frame.height - rows.height
    # a record that was told again is one row less wherever a record is a row
    repeated = min((fewer[table] for table in stream.whole & fewer.keys()), default=0)
    package.counts += Counts(accepted=-repeated, deduplicated=repeated)
    if refused:
        numbers = [number for page in package.decoded for number in page.numbers]
        # the raw page, where one is kept, holds the record under its number
        aside = [(numbers[row], "$", REASON, None) for row in refused]
        package.writer.reject(pl.DataFrame(aside, schema=REJECTS, orient="row"))
        package.counts += Counts(accepted=-len(refused), rejected=len(refused))


def _once(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """Of each record its last version: one that changes while it is read comes once more."""
    if not frame.select(table.key).is_duplicated().any():
        return frame
    if table.cursor in frame.columns:
        frame = frame.sort(table.cursor, nulls_last=False, maintain_order=True)
    return frame.unique(table.key, keep="last", maintain_order=True)


def _add(package: _Open, decoder: Decoder, page: Page) -> None:
    package.cursor = page.cursor
    package.counts += Counts(read=page.repeated, deduplicated=page.repeated)
    if not page.records:
        return
    lines = Lines.of(page.records)
    decoded = decoder.decode(lines, first=package.records + 1)
    package.decoded.append(decoded)
    if decoded.rejects.height:
        package.writer.reject(decoded.rejects)
    package.writer.page(lines.kept, len(page.records))
    package.unknown |= decoded.unknown
    package.counts += Counts(
        read=len(page.records), accepted=decoded.height, rejected=decoded.rejects.height
    )
