"""Zendesk's ticket pages -> landed packages: raw pages, typed Parquet, checksums, fsync.

Ours is the stream that users run: envelope, records, mapping, contract. The floor is what one
would write by hand for these very pages: decode typed and flat, make columns, compress, hash,
write, sync; it knows no contract, sets nothing aside, and notices no new field. One core: run
under `taskset -c 0`.
"""

from __future__ import annotations

import gc
import hashlib
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from operator import attrgetter
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
from backports import zstd

from benchmarks.measure import Stopwatch, compare
from benchmarks.tickets import PAGE, page_files
from connectors.landing import Landing, Manifest, Origin
from connectors.stream import Page
from connectors.sync import PACKAGE_RECORDS, land
from connectors.vendors.connector import Options
from connectors.vendors.zendesk import CONNECTOR

_ENCODER = msgspec.json.Encoder()

ORIGIN = Origin(source="desk", stream="tickets", connector="zendesk", family="support")


class Export(msgspec.Struct):
    """The envelope of a page."""

    tickets: list[msgspec.Raw]
    after_cursor: str


def pages(files: Iterable[Path]) -> Iterator[Page]:
    """Pages as the vendor's reader and cursor pass them on."""
    decoder = msgspec.json.Decoder(Export)
    for file in files:
        page = decoder.decode(file.read_bytes())
        yield Page(page.tickets, page.after_cursor)


def landed(files: list[Path], landing: Landing) -> list[Manifest]:
    """Land page files through the ticket stream."""
    stream = CONNECTOR.endpoints(Options())["tickets"].stream
    return list(land(stream, pages(files), landing, ORIGIN))


def land_short(work: Path, size: int, watch: Stopwatch) -> None:
    """Ours, tickets of 850 bytes and 20 fields."""
    _land(work, size, watch, full=False)


def land_full(work: Path, size: int, watch: Stopwatch) -> None:
    """Ours, tickets of 1,450 bytes and 40 fields."""
    _land(work, size, watch, full=True)


def _land(work: Path, size: int, watch: Stopwatch, *, full: bool) -> None:
    files = page_files(work.parent, size, full=full)
    with watch:
        manifests = landed(files, Landing(work))
    if sum(manifest.counts.accepted for manifest in manifests) != size:
        raise AssertionError(f"not {size} records landed")


_SHORT = {
    int: "id requester_id submitter_id assignee_id organization_id group_id generated_timestamp",
    str: "url type subject description priority status",
    bool: "is_public",
    datetime: "created_at updated_at",
    msgspec.Raw: "via tags custom_fields satisfaction_rating",
}
_FULL = {
    int: "brand_id forum_topic_id problem_id custom_status_id ticket_form_id",
    str: "external_id due_at raw_subject recipient encoded_id",
    bool: "has_incidents allow_channelback allow_attachments from_messaging_channel",
    msgspec.Raw: "fields collaborator_ids follower_ids email_cc_ids sharing_agreement_ids"
    " followup_ids",
}


def _fields(*, full: bool) -> dict[str, type]:
    """Fields of a ticket, and their types."""
    groups = [_SHORT, _FULL] if full else [_SHORT]
    return {
        name: kind for group in groups for kind, names in group.items() for name in names.split()
    }


def floor_short(work: Path, size: int, watch: Stopwatch) -> None:
    """Floor, tickets of 850 bytes and 20 fields."""
    _floor(work, size, watch, full=False)


def floor_full(work: Path, size: int, watch: Stopwatch) -> None:
    """Floor, tickets of 1,450 bytes and 40 fields."""
    _floor(work, size, watch, full=True)


def _floor(work: Path, size: int, watch: Stopwatch, *, full: bool) -> None:
    files = page_files(work.parent, size, full=full)
    envelope = msgspec.json.Decoder(Export)
    [first, *_] = envelope.decode(files[0].read_bytes()).tickets
    fields = {name: _fields(full=full)[name] for name in msgspec.json.decode(first)}
    # Polars parses times in bulk; nested values stay JSON text
    kinds = {datetime: str | None, msgspec.Raw: msgspec.Raw}
    ticket: Any = msgspec.defstruct(
        "Ticket", [(n, kinds.get(kind, kind | None)) for n, kind in fields.items()], gc=False
    )
    typed = msgspec.json.Decoder(ticket)
    with watch:
        gc.disable()
        for begin in range(0, len(files), PACKAGE_RECORDS // PAGE):
            frames, compressor = [], zstd.ZstdCompressor(level=1)
            with _Written(work / f"{begin}.ndjson.zst") as file:
                for page in files[begin : begin + PACKAGE_RECORDS // PAGE]:
                    lines = b"\n".join([*envelope.decode(page.read_bytes()).tickets, b""])
                    frames.append(_columns(typed.decode_lines(lines), fields))
                    file.write(compressor.compress(lines))
                file.write(compressor.flush())
            with _Written(work / f"{begin}.parquet") as file:
                _frame(frames, fields).write_parquet(file, compression="zstd", compression_level=1)


def _columns(records: list[Any], fields: dict[str, type]) -> dict[str, pl.Series]:
    """Typed columns of a page, and JSON text as a single text of lines."""
    columns = zip(fields.items(), zip(*map(attrgetter(*fields), records), strict=True), strict=True)
    return {name: _series(name, kind, column) for (name, kind), column in columns}


def _series(name: str, kind: type, column: Sequence[Any]) -> pl.Series:
    if kind is msgspec.Raw:
        return pl.Series(name, [_ENCODER.encode_lines(column)[:-1]], pl.Binary)
    dtypes = {int: pl.Int64, str: pl.String, bool: pl.Boolean, datetime: pl.String}
    return pl.Series(name, column, dtypes[kind])


def _frame(pages: list[dict[str, pl.Series]], fields: dict[str, type]) -> pl.DataFrame:
    columns = [pl.concat([page[name] for page in pages]) for name in fields]
    return pl.DataFrame(
        [
            column.cast(pl.String).str.split("\n").explode()
            if column.dtype == pl.Binary
            else column
            for column in columns
        ]
    ).with_columns(pl.col("created_at", "updated_at").str.to_datetime("%Y-%m-%dT%H:%M:%SZ"))


class _Written(io.FileIO):
    """A new file that is hashed and synced when it is closed."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "x+")

    def __exit__(self, *_: object) -> None:
        self.seek(0)
        hashlib.file_digest(self, "sha256").hexdigest()
        os.fsync(self.fileno())
        self.close()


def main(folder: Path, *, small: bool) -> None:
    """Print the comparisons; the memory of two sizes."""
    size = 50_000 if small else 200_000
    for sort in ("short", "full"):
        compare("json_pages", [f"floor_{sort}", f"land_{sort}"], folder, size, repeats=5)
    compare("json_pages", ["land_short"], folder, 3 * size, repeats=1)
