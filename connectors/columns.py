"""Typed records as columns.

A field that a mapping uses is a column of its own. What no mapping uses is only kept: its JSON
text goes, with all others of its record, into one column, because a column costs more than a
value in a text.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from operator import attrgetter
from typing import Any, cast

import msgspec
import polars as pl

from connectors.records import ABSENT, EXTRA, KEPT, NULL, PARENT, Leaf, Shape

NOT_TEXT = "not UTF-8"
"""Why a record is set aside whose bytes are no text."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIRST = (datetime(1, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND
_END = (datetime(9999, 12, 31, tzinfo=UTC) - _EPOCH + timedelta(days=1)) // _MICROSECOND
_encoder = msgspec.json.Encoder()

_Values = Sequence[Any]
"""A field's values, one a record."""


class Unfit(Exception):
    """A value that decodes and fits no column all the same.

    Args:
        path: Where it stands in the record.
        reason: Why it fits none, without the value.
    """

    def __init__(self, path: str, reason: str) -> None:
        """Keep both."""
        super().__init__(reason)
        self.path = path
        self.reason = reason


class _Objects:
    """JSON objects of a record's kept fields, without those that say nothing."""

    def __init__(self, leaves: Sequence[Leaf]) -> None:
        self._leaves = leaves
        self._nothing = [_nothing(leaf) for leaf in leaves]

    def texts(self, columns: Sequence[_Values | None], height: int) -> pl.Series:
        """The objects of all records, null where they would be empty."""
        spoken: dict[int, _Values] = {}
        for number, (column, nothing) in enumerate(zip(columns, self._nothing, strict=True)):
            silent = height if column is None else column.count(nothing)
            if column is not None and silent < height:
                spoken[number] = _cleared(column, nothing) if silent else column
        if not spoken:
            return _nulls("", height)
        objects = list(map(self._object(tuple(spoken)), *spoken.values()))
        series = pl.Series(_lines(objects), dtype=pl.String)
        return series.set(series == "{}", None)

    @lru_cache(maxsize=64)  # noqa: B019 - lives as long as the sync of a stream
    def _object(self, speaking: tuple[int, ...]) -> type[msgspec.Struct]:
        """An object of those fields that some record of a page fills."""
        fields = [
            (f"field_{n}", msgspec.Raw, msgspec.field(name=self._leaves[n].path, default=nothing))
            for n, nothing in enumerate(self._nothing)
            if n in speaking
        ]
        return msgspec.defstruct("Object", fields, omit_defaults=True, gc=False)


def _lines(objects: Sequence[msgspec.Struct]) -> list[str]:
    """The JSON text of each object."""
    lines = str(_encoder.encode_lines(objects), "utf-8").split("\n")
    # the last one ends with a line feed, too
    if len(lines) == len(objects) + 1:
        return lines[:-1]
    # a line feed within a value: its vendor writes JSON for people to read
    return [str(_encoder.encode(each), "utf-8") for each in objects]


def _cleared(column: _Values, nothing: msgspec.Raw) -> _Values:
    """A column of JSON text where all that says nothing is the same object: it is left out."""
    return [nothing if value == nothing else value for value in column]


class Framer:
    """Makes frames of a stream's typed records.

    Args:
        of: The records' fields.
        kept: Names of the fields of JSON text that go into one column together.
        skipped: Names of the fields that go into none.
    """

    def __init__(self, of: Shape, kept: frozenset[str], skipped: frozenset[str]) -> None:
        """Prepare the objects of kept fields."""
        self._kept = kept
        self._skipped = skipped
        self._objects = {
            each.prefix: _Objects([leaf for leaf in each.all_leaves() if leaf.name in kept])
            for each in (of, *(part for _, part in of.all_parts() if part is not None))
        }

    def frame(self, of: Shape, records: Sequence[Any]) -> pl.DataFrame:
        """One row a record: its columns, `_kept`, and an empty `_extra`.

        Raises:
            Unfit: A value decodes and fits no column: an integer beyond 64 bits, a time before
                year 1.
        """
        columns: list[pl.Series] = []
        kept: list[_Values | None] = []
        height = len(records)
        for leaf, values in _values(of, records):
            if leaf.name in self._kept:
                kept.append(values)
            elif leaf.name in self._skipped:
                continue
            elif values is None:
                nothing = _nothing(leaf) if leaf.is_json else None
                columns.append(_series(leaf, [nothing]).new_from_index(0, height))
            else:
                with _fitting(leaf.path, leaf.dtype):
                    columns.append(_series(leaf, values))
        with _fitting("", pl.String()):
            texts = self._objects[of.prefix].texts(kept, height)
        columns.append(texts.alias(of.prefix + KEPT))
        columns.append(_nulls(of.prefix + EXTRA, height))
        return pl.DataFrame(columns)

    def parts(self, of: Shape, records: Sequence[Any]) -> dict[str, pl.DataFrame]:
        """Frames of the parts in typed records, by full name of their field. Raises `Unfit`."""
        found: dict[str, pl.DataFrame] = {}
        if not any(of.all_parts()):
            return found
        for name, part in of.parts.items():
            values = [value or () for value in map(attrgetter(name), records)]
            frame = (
                _items(of.prefix + name, values)
                if part is None
                else self.frame(part, list(itertools.chain.from_iterable(values)))
            )
            found[of.prefix + name] = frame.insert_column(0, _parents(values))
        for name, inner in of.inner.items():
            found |= self.parts(inner, _filled(inner, list(map(attrgetter(name), records))))
        return found


def _values(of: Shape, records: Sequence[Any]) -> Iterator[tuple[Leaf, _Values | None]]:
    """Each leaf with its values; None where it stands in a Struct that no record has."""
    columns = zip(*map(msgspec.structs.astuple, records), strict=True)
    taken = dict(zip(of.names, columns, strict=True)) if records else dict.fromkeys(of.names, ())
    for leaf in of.leaves:
        yield leaf, taken[leaf.name.removeprefix(of.prefix)]
    for name, inner in of.inner.items():
        if records and taken[name].count(None) == len(records):
            yield from ((leaf, None) for leaf in inner.all_leaves())
        else:
            yield from _values(inner, _filled(inner, taken[name]))


def _filled(inner: Shape, values: _Values) -> _Values:
    """Inner Structs; an empty one where there is none."""
    if None not in values:
        return values
    blank = inner.struct()
    return [blank if value is None else value for value in values]


def _nothing(leaf: Leaf) -> msgspec.Raw:
    """JSON text of a field that says nothing."""
    return ABSENT if leaf.keeps_null else NULL


def _nulls(name: str, height: int) -> pl.Series:
    return pl.Series(name, [None], pl.String).new_from_index(0, height)


def _items(name: str, values: Sequence[Any]) -> pl.DataFrame:
    keys = [key for value in values for key in value]
    with _fitting(name, pl.String()):
        texts = [str(text, "utf-8") for value in values for text in (value or {}).values()]
    return pl.DataFrame(
        {f"{name}.key": keys, f"{name}.value": texts},
        schema={f"{name}.key": pl.String, f"{name}.value": pl.String},
    )


def _parents(values: Sequence[Any]) -> pl.Series:
    """Number of the record that each part stood in."""
    sizes = pl.Series(list(map(len, values)), dtype=pl.UInt32)
    numbers = pl.int_range(len(values), dtype=pl.UInt32).repeat_by(sizes)
    # a record without parts is an empty list, of which exploding makes a null
    return pl.select(numbers.explode().drop_nulls().alias(PARENT)).to_series()


def _series(leaf: Leaf, values: _Values) -> pl.Series:
    if leaf.is_json:
        nothing = _nothing(leaf)
        texts = [None if value == nothing else str(value, "utf-8") for value in values]
        return pl.Series(leaf.name, texts, leaf.dtype)
    if isinstance(leaf.dtype, pl.Datetime):
        return _moments(leaf.name, values)
    return pl.Series(leaf.name, values, leaf.dtype)


def _moments(name: str, values: _Values) -> pl.Series:
    """Times as naive UTC, by way of integers: Polars takes Python's datetimes ten times slower."""
    try:
        micros = [None if m is None else (m - _EPOCH) // _MICROSECOND for m in values]
    except TypeError:
        # what comes without a zone is UTC
        return _moments(name, [m and m.replace(tzinfo=m.tzinfo or UTC) for m in values])
    series = pl.Series(name, micros, pl.Int64)
    ends = cast("list[int | None]", [series.min(), series.max()])
    if any(end is not None and not _FIRST <= end < _END for end in ends):
        raise OverflowError
    return series.cast(pl.Datetime("us"))


@contextmanager
def _fitting(path: str, dtype: pl.DataType) -> Iterator[None]:
    """Tell where a value stood that its column refused."""
    try:
        yield
    except UnicodeDecodeError:
        reason = NOT_TEXT
    except (TypeError, ValueError, OverflowError):
        reason = f"beyond what a column of type {dtype} can hold"
    else:
        return
    raise Unfit(f"$.{path}" if path else "$", reason)
