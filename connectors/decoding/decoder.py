"""Decodes pages of records: typed and whole where possible, record by record where not.

A record that does not decode is set aside with its path and the reason; the rest of the page
lands. A field that nobody declared costs the page a second pass, never the data.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import msgspec
import polars as pl

from connectors.decoding.columns import NOT_TEXT, Framer, Unfit
from connectors.decoding.decoded import Decoded
from connectors.decoding.lines import Lines
from connectors.decoding.strict import Strict
from connectors.decoding.undeclared import Undeclared
from connectors.landing import REJECTS
from connectors.stream import Stream

_PATH = re.compile(r" - at `(.*)`$")
_EMPTY = re.compile(rb':\s*""')
"""An empty text as a value; within a text its first quote would have a backslash."""

_NO_REJECTS = pl.DataFrame(schema=REJECTS)
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, Unfit)


class Decoder:
    """Decodes the pages of one stream.

    What that takes is made when the first page comes: most runs bring none.
    """

    def __init__(self, stream: Stream) -> None:
        """Read the declaration. Raises `TypeError` on a type that cannot become a column."""
        self._stream = stream
        self._shape = stream.shape

    @cached_property
    def _strict(self) -> Strict:
        return Strict(self._shape, self._of)

    @cached_property
    def _lenient(self) -> msgspec.json.Decoder[Any]:
        return self._of(self._stream.record)

    @cached_property
    def _framer(self) -> Framer:
        return Framer(self._shape, self._stream.kept, self._stream.skipped)

    @cached_property
    def _undeclared(self) -> Undeclared:
        return Undeclared(self._shape)

    def _of(self, kind: Any) -> msgspec.json.Decoder[Any]:  # noqa: ANN401 - a type of any kind
        return msgspec.json.Decoder(kind, strict=not self._stream.as_text)

    def decode(self, lines: Lines, first: int = 1) -> Decoded:
        """Decode one page.

        Args:
            lines: Its records.
            first: Number of the first record within its package, for the rejects.
        """
        with _uncollected():
            try:
                found = self._framed(self._strict.decode(lines))
            except _UNREADABLE:
                found = self._second_pass(lines, first)
        found.first = first
        return found

    def _second_pass(self, lines: Lines, first: int) -> Decoded:
        try:
            return self._undeclared.added(self._framed(lines.decoded(self._lenient)), lines)
        except _UNREADABLE:
            pass
        numbered = list(enumerate(lines.records, first))
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
                path, reason = _explained(error)
                rejects.append((number, path, reason, bytes(record).decode("utf-8", "replace")))
        frame = pl.DataFrame(rejects, schema=REJECTS, orient="row")
        return self._undeclared.added(self._framed(good, frame), Lines.of(kept))

    def _read(self, record: bytes) -> Any:  # noqa: ANN401 - a record of the stream
        str(record, "utf-8")
        try:
            return self._lenient.decode(record)
        except msgspec.DecodeError:
            if not self._stream.as_text or not _EMPTY.search(record):
                raise
        # who writes all values as text writes "" for none
        return self._lenient.decode(_EMPTY.sub(b":null", record))

    def _fitted(self, record: bytes) -> Any:  # noqa: ANN401 - a record of the stream
        found = self._read(record)
        self._undeclared.added(self._framed([found]), Lines.of([record]))
        return found

    def _framed(self, records: list[Any], rejects: pl.DataFrame = _NO_REJECTS) -> Decoded:
        columns = self._framer.columns(self._shape, records)
        return Decoded(self._framer, columns, self._framer.parts(self._shape, records), rejects)


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


def _explained(error: Exception) -> tuple[str, str]:
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
