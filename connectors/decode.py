"""Decodes pages of records: typed and whole where possible, record by record where not.

A record that does not decode is set aside with its path and the reason; the rest of the page
lands. A field that nobody declared costs the page a second pass, never the data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import msgspec
import polars as pl
import pyarrow as pa  # type: ignore[import-untyped] # it ships no types

from connectors.landing import REJECTS
from connectors.stream import Stream

_PATH = re.compile(r" - at `(.*)`$")


@dataclass
class Decoded:
    """Records of one page: `frame` as the stream's fields, what was set aside, new fields."""

    frame: pl.DataFrame
    rejects: pl.DataFrame
    unknown: set[str] = field(default_factory=set)


class Decoder:
    """Decodes the pages of one stream."""

    def __init__(self, stream: Stream) -> None:
        """Build the typed decoders once."""
        self._stream = stream
        record: Any = stream.record
        strict = msgspec.defstruct(record.__name__, [], bases=(record,), forbid_unknown_fields=True)
        self._strict = msgspec.json.Decoder(list[strict])  # type: ignore[valid-type]
        self._lenient = msgspec.json.Decoder(list[record])
        self._one = msgspec.json.Decoder(record)
        self._raw = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
        self._names = {f.encode_name for f in msgspec.structs.fields(record)}
        self._getter = attrgetter(*stream.fields)

    def decode(self, records: Sequence[bytes], first: int = 1) -> Decoded:
        """Decode one page.

        Args:
            records: JSON texts, one a record.
            first: Number of the first record within its package, for the rejects.
        """
        page = b"[" + b",".join(records) + b"]"
        try:
            return Decoded(self._frame(self._strict.decode(page)), _no_rejects())
        except msgspec.DecodeError:
            return self._second_pass(page, records, first)

    def _second_pass(self, page: bytes, records: Sequence[bytes], first: int) -> Decoded:
        try:
            good, kept, rejects = self._lenient.decode(page), page, _no_rejects()
        except msgspec.DecodeError:
            good, kept, rejects = self._one_by_one(records, first)
        extra, unknown = self._extras(kept)
        frame = self._frame(good).with_columns(pl.Series("_extra", extra, pl.String))
        return Decoded(frame, rejects, unknown)

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

    def _extras(self, page: bytes) -> tuple[list[str | None], set[str]]:
        """JSON text of each record's undeclared fields, and their names."""
        unknown: set[str] = set()
        texts: list[str | None] = []
        for record in self._raw.decode(page):
            extra = {name: value for name, value in record.items() if name not in self._names}
            unknown |= extra.keys()
            texts.append(msgspec.json.encode(extra).decode() if extra else None)
        return texts, unknown

    def _frame(self, records: list[Any]) -> pl.DataFrame:
        """Columns of typed records; one pass over the records, one over each column."""
        fields = self._stream.fields
        values: Iterator[Any] = zip(*map(self._getter, records), strict=True)
        if len(fields) == 1:
            values = iter([[self._getter(record) for record in records]])
        columns = list(values) or [[] for _ in fields]
        series = [
            self._series(name, dtype, column)
            for (name, dtype), column in zip(fields.items(), columns, strict=True)
        ]
        return pl.DataFrame(series).with_columns(pl.lit(None, pl.String).alias("_extra"))

    def _series(self, name: str, dtype: pl.DataType, column: Sequence[Any]) -> pl.Series:
        if name in self._stream.nested:
            texts = [None if value is None else str(value, "utf-8") for value in column]
            series = pl.Series(name, texts, dtype)
            return series.set(series == "null", None)
        if isinstance(dtype, pl.Datetime):
            # Arrow takes Python's datetimes ten times faster than Polars does
            moments = pl.Series(name, pa.array(column, pa.timestamp("us", tz="UTC")))
            return moments.dt.replace_time_zone(None)
        return pl.Series(name, column, dtype)


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
