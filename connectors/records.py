"""The fields of a vendor's record.

A record is a msgspec Struct. A field of it is a plain value, JSON text (`msgspec.Raw`), a list of
plain values, a Struct of its own (whose fields are named `via.channel`), or *parts*: a list of
Structs or a mapping with keys of the vendor's customers, each of which can be a row by itself.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar, cast

import msgspec
import polars as pl

R = TypeVar("R", bound=msgspec.Struct)

PARENT = "_parent"
"""Column of a frame of parts: row of the record that each part stood in."""

EXTRA = "_extra"
"""Column with JSON text of the fields that nobody declared, or null."""

KEPT = "_kept"
"""Column with JSON text of the declared fields that no mapping uses, or null."""

NULL = msgspec.Raw(b"null")
"""Default of a field of JSON text."""

ABSENT = msgspec.Raw(b"")
"""Default of a field of JSON text that keeps a null apart from no value at all."""

_PLAIN: dict[object, pl.DataType] = {
    str: pl.String(),
    int: pl.Int64(),
    float: pl.Float64(),
    bool: pl.Boolean(),
    datetime: pl.Datetime("us"),
    # nested values stay JSON text: building them as nested frames is 5 to 8 times slower
    msgspec.Raw: pl.String(),
    list[int]: pl.List(pl.Int64()),
    list[str]: pl.List(pl.String()),
}
_ITEMS = dict[str, msgspec.Raw]


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
