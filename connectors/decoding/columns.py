"""Typed records as columns.

A field that a mapping uses is a column of its own. What no mapping uses is only kept: its JSON
text goes, with all others of its record, into one column, because a column costs more than a
value in a text.

JSON text never becomes a text of Python's. A page's values are written as lines, and Polars takes
those of a whole package apart at once: one by one, they would cost five times as much.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, cast

import msgspec
import polars as pl

from connectors.decoding.kept import KeptObjects, Values, nothing
from connectors.records import EXTRA, KEPT, PARENT, Leaf, Shape

NOT_TEXT = "not UTF-8"
"""Why a record is set aside whose bytes are no text."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIRST = (datetime(1, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND
_END = (datetime(9999, 12, 31, tzinfo=UTC) - _EPOCH + timedelta(days=1)) // _MICROSECOND
_encoder = msgspec.json.Encoder()


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


@dataclass
class Columns:
    """Records of a page as columns.

    Args:
        frame: What is typed, a row a record; without fields that no record has.
        lines: JSON text, in a single row: each cell has a line for each record. No row where there
            is no record.
    """

    frame: pl.DataFrame
    lines: pl.DataFrame


class Framer:
    """Makes columns of a stream's typed records.

    Args:
        of: The records' fields.
        kept: Names of the fields of JSON text that go into one column together.
        skipped: Names of the fields that go into none.
    """

    def __init__(self, of: Shape, kept: frozenset[str], skipped: frozenset[str]) -> None:
        """Prepare the objects of kept fields."""
        self.of = of
        self._kept = kept
        self._skipped = skipped
        self._objects = {
            each.prefix: KeptObjects([leaf for leaf in each.all_leaves() if leaf.name in kept])
            for each in (of, *(part for _, part in of.all_parts() if part is not None))
        }

    def columns(self, of: Shape, records: Sequence[Any]) -> Columns:
        """The columns of typed records, `_kept`, and an empty `_extra`; see `whole`.

        Raises:
            Unfit: A value decodes and fits no column: an integer beyond 64 bits, a time before
                year 1.
        """
        typed: list[pl.Series] = []
        lines: list[pl.Series] = []
        kept: list[Values | None] = []
        height = len(records)
        for leaf, values in _values(of, records):
            if leaf.name in self._kept:
                kept.append(values)
            elif leaf.name in self._skipped:
                continue
            elif leaf.is_json:
                lines.append(_lines(leaf.name, values or [nothing(leaf)] * height))
            elif values is not None:
                with _fitting(leaf.path, leaf.dtype):
                    typed.append(_series(leaf, values))
        lines.append(_lines(of.prefix + KEPT, self._objects[of.prefix].of(kept, height)))
        extra = pl.Series(of.prefix + EXTRA, [None], pl.String)
        typed.append(extra.new_from_index(0, height))
        return Columns(pl.DataFrame(typed), pl.DataFrame(lines))

    def parts(self, of: Shape, records: Sequence[Any]) -> dict[str, Columns]:
        """Columns of the parts in typed records, by full name of their field. Raises `Unfit`."""
        found: dict[str, Columns] = {}
        if not any(of.all_parts()):
            return found
        for name, part in of.parts.items():
            values = [value or () for value in _field(name, records)]
            columns = (
                _items(of.prefix + name, values)
                if part is None
                else self.columns(part, list(itertools.chain.from_iterable(values)))
            )
            columns.frame.insert_column(0, _parents(values))
            found[of.prefix + name] = columns
        for name, inner in of.inner.items():
            found |= self.parts(inner, _filled(inner, _field(name, records)))
        return found

    def whole(self, of: Shape | None, pages: Sequence[Columns]) -> pl.DataFrame:
        """The columns of several pages as one frame, a row a record.

        Args:
            of: The records' fields; None where they are keys and values.
            pages: Their columns.
        """
        frame = pl.concat([page.frame for page in pages], how="diagonal")
        lines = pl.concat([page.lines for page in pages])
        texts = lines.select(pl.all().str.split("\n").explode())
        if of is None:
            return frame.hstack(texts)
        silent = _silent(of)
        absent = [
            pl.lit(None, leaf.dtype).alias(leaf.name)
            for leaf in of.all_leaves()
            if not leaf.is_json and leaf.name not in self._skipped | set(frame.columns)
        ]
        return frame.with_columns(absent).hstack(
            [_spoken(text, silent[text.name]) for text in texts]
        )


def _values(of: Shape, records: Sequence[Any]) -> Iterator[tuple[Leaf, Values | None]]:
    """Each leaf with its values; None where no record has it."""
    taken = _taken(records)
    for leaf in of.leaves:
        yield leaf, taken.get(leaf.name.removeprefix(of.prefix))
    for name, inner in of.inner.items():
        if any(taken.get(name, ())):
            yield from _values(inner, _filled(inner, taken[name]))
        else:
            yield from ((leaf, None) for leaf in inner.all_leaves())


def _taken(records: Sequence[Any]) -> dict[str, Values]:
    """The values of each field that the records have."""
    if not records:
        return {}
    columns = zip(*map(msgspec.structs.astuple, records), strict=True)
    return dict(zip(records[0].__struct_fields__, columns, strict=True))


def _field(name: str, records: Sequence[Any]) -> Values:
    """A field's values, None where no record has it."""
    if records and name in records[0].__struct_fields__:
        return list(map(attrgetter(name), records))
    return [None] * len(records)


def _filled(inner: Shape, values: Values) -> Values:
    """Inner Structs; an empty one where there is none."""
    if all(values):
        return values
    blank = inner.struct()
    return [blank if value is None else value for value in values]


def _silent(of: Shape) -> dict[str, str]:
    """The JSON text that says nothing, of each column that has one."""
    leaves = {leaf.name: str(nothing(leaf), "utf-8") for leaf in of.all_leaves() if leaf.is_json}
    return leaves | {of.prefix + KEPT: "{}"}


def _spoken(texts: pl.Series, silence: str) -> pl.Series:
    """JSON text, null where it says nothing."""
    return texts.set(texts == silence, None)


def _lines(name: str, values: Values) -> pl.Series:
    """JSON text as a single text of lines; none where there are no values."""
    lines = [_encoder.encode_lines(values)[:-1]] if values else []
    with _fitting(name, pl.String()):
        return pl.Series(name, lines, pl.Binary).cast(pl.String)


def _items(name: str, values: Sequence[Any]) -> Columns:
    keys = pl.Series(f"{name}.key", [key for value in values for key in value], pl.String)
    texts = [text for value in values for text in (value or {}).values()]
    return Columns(pl.DataFrame([keys]), pl.DataFrame([_lines(f"{name}.value", texts)]))


def _parents(values: Sequence[Any]) -> pl.Series:
    """Number of the record that each part stood in."""
    sizes = pl.Series(list(map(len, values)), dtype=pl.UInt32)
    numbers = pl.int_range(len(values), dtype=pl.UInt32).repeat_by(sizes)
    # a record without parts is an empty list, of which exploding makes a null
    return pl.select(numbers.explode().drop_nulls().alias(PARENT)).to_series()


def _series(leaf: Leaf, values: Values) -> pl.Series:
    if isinstance(leaf.dtype, pl.Datetime):
        return _moments(leaf.name, values)
    return pl.Series(leaf.name, values, leaf.dtype)


def _moments(name: str, values: Values) -> pl.Series:
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
    except (UnicodeDecodeError, pl.exceptions.ComputeError):
        reason = NOT_TEXT
    except (TypeError, ValueError, OverflowError):
        reason = f"beyond what a column of type {dtype} can hold"
    else:
        return
    raise Unfit(f"$.{path}" if path else "$", reason)
