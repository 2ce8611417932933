"""One sync of one stream: read pages, decode them, land them in packages of bounded size."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
from backports import zstd

from connectors.decode import Decoder
from connectors.landing import Counts, Landing, Manifest, Origin, PackageWriter, Window
from connectors.stream import Page, Stream

PACKAGE_RECORDS = 50_000
"""Records after which a package is closed, so that memory stays flat and little is re-read."""

_REPLAY_RECORDS = 1_000
"""Records that are decoded at once when raw pages are mapped again."""


@dataclass
class _Open:
    """The package being filled."""

    writer: PackageWriter
    counts: Counts = field(default_factory=Counts)
    decoded: list[pl.DataFrame] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)
    cursor: str | None = None


def land(
    stream: Stream,
    pages: Iterable[Page],
    landing: Landing,
    origin: Origin,
    *,
    window: Window | None = None,
    keep_raw: bool = True,
) -> Iterator[Manifest]:
    """Land pages, oldest first; each package closes with the cursor of its last page.

    Args:
        stream: How records decode and map.
        pages: Pages after the stream's present cursor, or those of `window`.
        landing: Where packages go.
        origin: Where the records come from.
        window: The stretch of time that is read again, if it is one.
        keep_raw: Whether raw pages are kept.

    Yields:
        The manifest of each package, after it was committed.
    """
    decoder = Decoder(stream)
    before = landing.cursor(origin.source, origin.stream)
    remaining = iter(pages)
    with landing.writing(origin.source, origin.stream) as folder:
        while True:
            load_id = landing.next_load_id(origin.source, origin.stream)
            with PackageWriter(folder, load_id, origin, keep_raw=keep_raw) as writer:
                package = _fill(_Open(writer), stream, decoder, remaining)
                if package is None:
                    return
                yield writer.commit(
                    package.counts,
                    cursor_before=before,
                    cursor_after=package.cursor,
                    window=window,
                    overlaps=window is not None,
                    unknown_fields=sorted(package.unknown),
                )
                before = package.cursor


def remap(stream: Stream, package: Path, manifest: Manifest, writer: PackageWriter) -> Counts:
    """Map a package's raw pages again; what a stream's `Remapper` calls.

    Args:
        stream: Today's records and mapping.
        package: Folder of the old package.
        manifest: Its manifest.
        writer: The package that takes its place.
    """
    decoder = Decoder(stream)
    replayed = _Open(writer)
    for kept in manifest.pages:
        with zstd.open(package / kept.file, "rb") as lines:
            for batch in _batches(lines):
                _add(replayed, decoder, Page(batch))
    _map(replayed, stream)
    return replayed.counts


def _batches(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    remaining = (line.rstrip(b"\n") for line in lines)
    while batch := list(itertools.islice(remaining, _REPLAY_RECORDS)):
        yield batch


def _fill(package: _Open, stream: Stream, decoder: Decoder, pages: Iterator[Page]) -> _Open | None:
    """Move pages into a package until it is full; None where there was no page left."""
    any_page = False
    for page in pages:
        any_page = True
        _add(package, decoder, page)
        if package.counts.read >= PACKAGE_RECORDS:
            break
    _map(package, stream)
    return package if any_page else None


def _map(package: _Open, stream: Stream) -> None:
    """Map all records of a package at once: a query's cost is per call, not per row."""
    if package.decoded:
        for table, frame in stream.map(pl.concat(package.decoded)).items():
            package.writer.add(table, frame)


def _add(package: _Open, decoder: Decoder, page: Page) -> None:
    package.cursor = page.cursor
    if not page.records:
        return
    decoded = decoder.decode(page.records, first=package.counts.read + 1)
    package.decoded.append(decoded.frame)
    if decoded.rejects.height:
        package.writer.reject(decoded.rejects)
    lines = b"\n".join(page.records) + b"\n"
    package.writer.page(lines, len(page.records))
    package.unknown |= decoded.unknown
    package.counts += Counts(
        read=len(page.records), accepted=decoded.frame.height, rejected=decoded.rejects.height
    )
