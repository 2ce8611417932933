"""The fields of a vendor's record, and typed records as columns.

A record is a msgspec Struct. A field of it is a plain value, JSON text (`msgspec.Raw`), a list of
plain values, a Struct of its own (whose fields are named `via.channel`), or *parts*: a list of
Structs or a mapping with keys of the vendor's customers, each of which can be a row by itself.
"""

from __future__ import annotations

import itertools
import types
import typing
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from operator import attrgetter
from typing import Any, TypeVar, cast

import msgspec
import numpy as np
import polars as pl
import pyarrow as pa  # type: ignore[import-untyped] # it ships no types

R = TypeVar("R", bound=msgspec.Struct)

PARENT = "_parent"
"""Column of a frame of parts: row of the record that each part stood in."""

EXTRA = "_extra"
"""Column with JSON text of the fields that nobody declared, or null."""

NULL = msgspec.Raw(b"null")
"""Default of a field of JSON text."""

ABSENT = msgspec.Raw(b"")
"""Default of a field of JSON text that keeps a null apart from no value at all."""

_PLAIN: dict[object, pl.DataType] = {
    str: pl.String(),
    int: pl.Int64(),
    float: pl.Float64(),
    bool: pl.Boolean(),
    datetime: pl.Datetime("us", "UTC"),
    # nested values stay JSON text: building them as nested frames is 5 to 8 times slower
    msgspec.Raw: pl.String(),
    list[int]: pl.List(pl.Int64()),
    list[str]: pl.List(pl.String()),
}
_ITEMS = dict[str, msgspec.Raw]

NOT_TEXT = "not UTF-8"
"""Why a record is set aside whose bytes are no text."""


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


class Open(msgspec.Struct):
    """Base of a Struct whose undeclared fields are told elsewhere in the record."""


@dataclass(frozen=True)
class Leaf:
    """A field that is a column: its name, where it stands in the JSON, and its type.

    `keeps_null` is true of JSON text whose null says something, and whose absence says nothing.
    """

    name: str
    path: str
    dtype: pl.DataType
    is_json: bool
    keeps_null: bool = False


@dataclass(frozen=True, eq=False)
class Shape:
    """What a Struct's fields become; `prefix` is where it stands in its record."""

    struct: type[msgspec.Struct]
    prefix: str = ""
    path: str = ""
    leaves: list[Leaf] = field(default_factory=list)
    inner: dict[str, Shape] = field(default_factory=dict)
    parts: dict[str, Shape | None] = field(default_factory=dict)

    @cached_property
    def names(self) -> list[str]:
        """Names of the Struct's own fields."""
        return [f.name for f in msgspec.structs.fields(self.struct)]

    @cached_property
    def encoded(self) -> dict[str, str]:
        """Names in the JSON -> names of the fields."""
        return {f.encode_name: f.name for f in msgspec.structs.fields(self.struct)}

    def all_leaves(self) -> Iterator[Leaf]:
        """Columns of this Struct and of those inside it; parts apart."""
        yield from self.leaves
        for inner in self.inner.values():
            yield from inner.all_leaves()

    def all_parts(self) -> Iterator[tuple[str, Shape | None]]:
        """Full name of each field of parts, and the shape of a part (None: key and value)."""
        for name, shape in self.parts.items():
            yield self.prefix + name, shape
        for inner in self.inner.values():
            yield from inner.all_parts()


def also(names: str) -> Callable[[type[R]], type[R]]:
    """Declare further fields of a Struct, whose JSON text is kept among the attributes.

    Declared fields keep a page on the fast way, and are not reported as unknown.

    Args:
        names: The fields, separated by blanks.
    """

    def extended(struct: type[R]) -> type[R]:
        fields = [(name, msgspec.Raw, NULL) for name in names.split()]
        made: Any = msgspec.defstruct(struct.__name__, fields, bases=(struct,))
        return cast("type[R]", made)

    return extended


def shape(struct: type[msgspec.Struct], prefix: str = "", path: str = "") -> Shape:
    """Read a Struct's declaration.

    Raises:
        TypeError: A field has a type that cannot become a column.
    """
    found = Shape(struct, prefix, path)
    hints = typing.get_type_hints(struct)
    for info in msgspec.structs.fields(struct):
        _place(found, info, hints[info.name])
    return found


def _place(found: Shape, info: msgspec.structs.FieldInfo, hint: object) -> None:
    kind = _kind(hint)
    name, path = found.prefix + info.name, found.path + info.encode_name
    part = _part(kind)
    if kind in _PLAIN:
        is_json = kind is msgspec.Raw
        keeps_null = is_json and info.default == ABSENT
        found.leaves.append(Leaf(name, path, _PLAIN[kind], is_json, keeps_null))
    elif _is_struct(kind):
        found.inner[info.name] = shape(kind, f"{name}.", f"{path}.")
    elif part is not None:
        found.parts[info.name] = shape(part, f"{name}.")
    elif kind == _ITEMS:
        found.parts[info.name] = None
    else:
        raise TypeError(
            f"{found.struct.__name__}.{info.name}: declared as {hint}; a field is text, a number, "
            "a time, msgspec.Raw, a Struct, a list of these, dict[str, msgspec.Raw], or None"
        )


def columns(of: Shape, records: Sequence[Any]) -> Iterator[pl.Series]:
    """Columns of typed records; one pass over the records, one over each column.

    Raises:
        Unfit: A value decodes and fits no column: an integer beyond 64 bits, a time before year 1.
    """
    taken = _taken(of, records)
    for leaf in of.leaves:
        with _fitting(leaf.path, leaf.dtype):
            series = _series(leaf, taken[leaf.name.removeprefix(of.prefix)])
        yield series
    for name, inner in of.inner.items():
        yield from columns(inner, _filled(inner, taken[name]))


def parts(of: Shape, records: Sequence[Any]) -> dict[str, pl.DataFrame]:
    """Frames of the parts in typed records, by full name of their field. Raises `Unfit`."""
    found: dict[str, pl.DataFrame] = {}
    for name, part in of.parts.items():
        values = [getattr(record, name) or () for record in records]
        sizes = np.fromiter(map(len, values), np.int64, len(values))
        parent = np.repeat(np.arange(len(values)), sizes)
        frame = _items(of.prefix + name, values) if part is None else _rows(part, values)
        found[of.prefix + name] = frame.insert_column(0, pl.Series(PARENT, parent, pl.UInt32))
    for name, inner in of.inner.items():
        found |= parts(inner, _filled(inner, [getattr(record, name) for record in records]))
    return found


def _filled(inner: Shape, values: Sequence[Any]) -> Sequence[Any]:
    """Inner Structs; an empty one where there is none."""
    if None not in values:
        return values
    blank = inner.struct()
    return [blank if value is None else value for value in values]


def _rows(part: Shape, values: list[Any]) -> pl.DataFrame:
    flat = list(itertools.chain.from_iterable(values))
    extra = pl.lit(None, pl.String).alias(part.prefix + EXTRA)
    return pl.DataFrame(list(columns(part, flat))).with_columns(extra)


def _items(name: str, values: list[Any]) -> pl.DataFrame:
    keys = [key for value in values for key in value]
    with _fitting(name, pl.String()):
        texts = [str(text, "utf-8") for value in values for text in (value or {}).values()]
    return pl.DataFrame(
        {f"{name}.key": keys, f"{name}.value": texts},
        schema={f"{name}.key": pl.String, f"{name}.value": pl.String},
    )


def _taken(of: Shape, records: Sequence[Any]) -> dict[str, Sequence[Any]]:
    if not records:
        return dict.fromkeys(of.names, ())
    if len(of.names) == 1:
        [name] = of.names
        return {name: [getattr(record, name) for record in records]}
    return dict(zip(of.names, zip(*map(attrgetter(*of.names), records), strict=True), strict=True))


def _series(leaf: Leaf, column: Sequence[Any]) -> pl.Series:
    if leaf.is_json:
        texts = [
            None if value is NULL or value is ABSENT else str(value, "utf-8") for value in column
        ]
        series = pl.Series(leaf.name, texts, leaf.dtype)
        return series if leaf.keeps_null else series.set(series == "null", None)
    if isinstance(leaf.dtype, pl.Datetime):
        # Arrow takes Python's datetimes ten times faster than Polars does
        moments = pl.Series(leaf.name, pa.array(column, pa.timestamp("us", tz="UTC")))
        return moments.dt.replace_time_zone(None)
    return pl.Series(leaf.name, column, leaf.dtype)


@contextmanager
def _fitting(path: str, dtype: pl.DataType) -> Iterator[None]:
    """Tell where a value stood that its column refused."""
    try:
        yield
    except UnicodeDecodeError:
        reason = NOT_TEXT
    except (TypeError, ValueError, OverflowError, pa.ArrowInvalid):
        reason = f"beyond what a column of type {dtype} can hold"
    else:
        return
    raise Unfit(f"$.{path}", reason)


def _kind(hint: object) -> Any:  # noqa: ANN401 - a type of any kind
    """The type itself where it is `type | None`."""
    if typing.get_origin(hint) not in (typing.Union, types.UnionType):
        return hint
    kinds = [kind for kind in typing.get_args(hint) if kind is not type(None)]
    return kinds[0] if len(kinds) == 1 else hint


def _part(kind: Any) -> type[msgspec.Struct] | None:  # noqa: ANN401 - a type of any kind
    """The Struct in `list[Struct]`."""
    if typing.get_origin(kind) is not list:
        return None
    [inner] = typing.get_args(kind)
    return inner if _is_struct(inner) else None


def _is_struct(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)
