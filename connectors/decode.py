"""Decodes pages of records: typed and whole where possible, record by record where not.

A record that does not decode is set aside with its path and the reason; the rest of the page
lands. A field that nobody declared costs the page a second pass, never the data.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec
import polars as pl

from connectors.columns import NOT_TEXT, Framer, Unfit
from connectors.landing import REJECTS
from connectors.records import PARENT, Shape
from connectors.stream import Stream
from connectors.undeclared import Undeclared, strict

_PATH = re.compile(r" - at `(.*)`$")
_EMPTY = re.compile(rb':\s*""')
"""An empty text as a value; within a text its first quote would have a backslash."""

_NO_REJECTS = pl.DataFrame(schema=REJECTS)
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, Unfit)


@dataclass
class Decoded:
    """Records of one page: as the stream's fields, their parts, what was set aside, new fields."""

    frame: pl.DataFrame
    rejects: pl.DataFrame
    parts: dict[str, pl.DataFrame] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    first: int = 1

    @property
    def numbers(self) -> list[int]:
        """Number within the package of each record of the frame."""
        aside = set(self.rejects["record"])
        every = range(self.first, self.first + self.frame.height + len(aside))
        return [number for number in every if number not in aside]


class Decoder:
    """Decodes the pages of one stream.

    What that takes is made when the first page comes: most runs bring none.
    """

    def __init__(self, stream: Stream) -> None:
        """Read the declaration. Raises `TypeError` on a type that cannot become a column."""
        self._stream = stream
        self._shape = stream.shape

    @cached_property
    def _strict(self) -> msgspec.json.Decoder[list[Any]]:
        return self._of(list[strict(self._shape)])  # type: ignore[misc]

    @cached_property
    def _lenient(self) -> msgspec.json.Decoder[list[Any]]:
        return self._of(list[self._stream.record])  # type: ignore[name-defined]

    @cached_property
    def _one(self) -> msgspec.json.Decoder[Any]:
        return self._of(self._stream.record)

    @cached_property
    def _framer(self) -> Framer:
        return Framer(self._shape, self._stream.kept, self._stream.skipped)

    @cached_property
    def _undeclared(self) -> Undeclared:
        return Undeclared(self._shape)

    def _of(self, kind: Any) -> msgspec.json.Decoder[Any]:  # noqa: ANN401 - a type of any kind
        return msgspec.json.Decoder(kind, strict=not self._stream.as_text)

    def decode(self, records: Sequence[bytes], first: int = 1) -> Decoded:
        """Decode one page.

        Args:
            records: JSON texts, one a record.
            first: Number of the first record within its package, for the rejects.
        """
        page = b"[" + b",".join(records) + b"]"
        with _uncollected():
            try:
                found = self._framed(self._strict.decode(page))
            except _UNREADABLE:
                found = self._second_pass(page, records, first)
        found.first = first
        return found

    def _second_pass(self, page: bytes, records: Sequence[bytes], first: int) -> Decoded:
        try:
            return self._undeclared.added(self._framed(self._lenient.decode(page)), page)
        except _UNREADABLE:
            pass
        numbered = list(enumerate(records, first))
        try:
            return self._one_by_one(numbered, self._read)
        except _UNREADABLE:
            # all records decode, and one of them fits no column: slow, and hardly ever
            return self._one_by_one(numbered, self._fitted)

    def _one_by_one(
        self, records: Sequence[tuple[int, bytes]], read: Callable[[bytes], Any]
    ) -> Decoded:
        good, kept, rejects = [], [], []
        for number, record in records:
            try:
                good.append(read(record))
                kept.append(record)
            except _UNREADABLE as error:
                path, reason = explain(error)
                rejects.append((number, path, reason, bytes(record).decode("utf-8", "replace")))
        frame = pl.DataFrame(rejects, schema=REJECTS, orient="row")
        page = b"[" + b",".join(kept) + b"]"
        return self._undeclared.added(self._framed(good, frame), page)

    def _read(self, record: bytes) -> Any:  # noqa: ANN401 - a record of the stream
        str(record, "utf-8")
        try:
            return self._one.decode(record)
        except msgspec.DecodeError:
            if not self._stream.as_text or not _EMPTY.search(record):
                raise
        # who writes all values as text writes "" for none
        return self._one.decode(_EMPTY.sub(b":null", record))

    def _fitted(self, record: bytes) -> Any:  # noqa: ANN401 - a record of the stream
        found = self._read(record)
        self._undeclared.added(self._framed([found]), b"[" + record + b"]")
        return found

    def _framed(self, records: list[Any], rejects: pl.DataFrame = _NO_REJECTS) -> Decoded:
        frame = self._framer.frame(self._shape, records)
        return Decoded(frame, rejects, self._framer.parts(self._shape, records))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Let the collector of cycles rest: a page is thousands of objects, and none is in a cycle."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


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


def explain(error: Exception) -> tuple[str, str]:
    """Path and reason of a record that does not decode, without any of its values."""
    if isinstance(error, Unfit):
        return error.path, error.reason
    if isinstance(error, UnicodeDecodeError):
        return "$", NOT_TEXT
    if isinstance(error, RecursionError):
        return "$", "nested too deeply"
    message = str(error)
    found = _PATH.search(message)
    path = found.group(1) if found else "$"
    reason = message[: found.start()] if found else message
    if reason.startswith("Invalid enum value"):
        reason = "not one of the values that the field may hold"
    return path, reason


__all__ = ["Decoded", "Decoder", "Shape", "explain", "joined"]
