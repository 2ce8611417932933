"""Decodes pages of records: typed and whole where possible, record by record where not.

A record that does not decode is set aside with its path and the reason; the rest of the page
lands. A field that nobody declared costs the page a second pass, never the data.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import polars as pl

from connectors.landing import REJECTS
from connectors.records import EXTRA, PARENT, Shape, columns, parts
from connectors.stream import Stream
from connectors.undeclared import Undeclared, strict

_PATH = re.compile(r" - at `(.*)`$")


@dataclass
class Decoded:
    """Records of one page: as the stream's fields, their parts, what was set aside, new fields."""

    frame: pl.DataFrame
    rejects: pl.DataFrame
    parts: dict[str, pl.DataFrame] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)


class Decoder:
    """Decodes the pages of one stream."""

    def __init__(self, stream: Stream) -> None:
        """Build the typed decoders once."""
        self._shape = stream.shape
        record, exact = stream.record, not stream.as_text
        self._strict = msgspec.json.Decoder(list[strict(stream.shape)], strict=exact)  # type: ignore[misc]
        self._lenient = msgspec.json.Decoder(list[record], strict=exact)  # type: ignore[valid-type]
        self._one = msgspec.json.Decoder(record, strict=exact)
        self._undeclared = Undeclared(stream.shape)

    def decode(self, records: Sequence[bytes], first: int = 1) -> Decoded:
        """Decode one page.

        Args:
            records: JSON texts, one a record.
            first: Number of the first record within its package, for the rejects.
        """
        page = b"[" + b",".join(records) + b"]"
        try:
            return self._framed(self._strict.decode(page), _no_rejects())
        except msgspec.DecodeError:
            return self._second_pass(page, records, first)

    def _second_pass(self, page: bytes, records: Sequence[bytes], first: int) -> Decoded:
        try:
            good, kept, rejects = self._lenient.decode(page), page, _no_rejects()
        except msgspec.DecodeError:
            good, kept, rejects = self._one_by_one(records, first)
        return self._undeclared.added(self._framed(good, rejects), kept)

    def _one_by_one(
        self, records: Sequence[bytes], first: int
    ) -> tuple[list[Any], bytes, pl.DataFrame]:
        good, kept, rejects = [], [], []
        for number, record in enumerate(records, first):
            try:
                good.append(self._one.decode(record))
                kept.append(record)
            except msgspec.DecodeError as error:
                path, reason = explain(error)
                rejects.append((number, path, reason, bytes(record).decode("utf-8", "replace")))
        frame = pl.DataFrame(rejects, schema=REJECTS, orient="row")
        return good, b"[" + b",".join(kept) + b"]", frame

    def _framed(self, records: list[Any], rejects: pl.DataFrame) -> Decoded:
        frame = pl.DataFrame(list(columns(self._shape, records)))
        frame = frame.with_columns(pl.lit(None, pl.String).alias(EXTRA))
        return Decoded(frame, rejects, parts(self._shape, records))


def joined(pages: Iterable[Decoded]) -> tuple[pl.DataFrame, dict[str, pl.DataFrame]]:
    """Frames of several pages as one, parts pointing to the rows of the whole."""
    frames: list[pl.DataFrame] = []
    found: dict[str, list[pl.DataFrame]] = {}
    offset = 0
    for page in pages:
        for name, part in page.parts.items():
            moved = part.with_columns(pl.col(PARENT) + pl.lit(offset, pl.UInt32))
            found.setdefault(name, []).append(moved)
        frames.append(page.frame)
        offset += page.frame.height
    return pl.concat(frames), {name: pl.concat(these) for name, these in found.items()}


def explain(error: msgspec.DecodeError) -> tuple[str, str]:
    """Path and reason of a record that does not decode, without any of its values."""
    message = str(error)
    found = _PATH.search(message)
    path = found.group(1) if found else "$"
    reason = message[: found.start()] if found else message
    if reason.startswith("Invalid enum value"):
        reason = "not one of the values that the field may hold"
    return path, reason


def _no_rejects() -> pl.DataFrame:
    return pl.DataFrame(schema=REJECTS)


__all__ = ["Decoded", "Decoder", "Shape", "explain", "joined"]
