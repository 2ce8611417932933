"""Fields that a vendor sent and nobody declared: found, named, and kept as JSON text.

They are looked for only in pages that the strict decoder refused, so that declared pages, nearly
all of them, do not pay for it.
"""

from __future__ import annotations

import typing
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl

from connectors.records import EXTRA, Open, Shape

if TYPE_CHECKING:
    from connectors.decode import Decoded

_Object = dict[str, msgspec.Raw]


def strict(shape: Shape) -> type[msgspec.Struct]:
    """The Struct of a shape, refusing fields that are not declared, inner ones included."""
    if issubclass(shape.struct, Open):
        return shape.struct
    hints = typing.get_type_hints(shape.struct)
    fields: list[tuple[str, Any, Any]] = []
    for info in msgspec.structs.fields(shape.struct):
        inner = shape.inner.get(info.name)
        part = shape.parts.get(info.name)
        kind: Any = hints[info.name]
        if inner is not None or part is not None:
            known: Any = strict(inner) if inner else list[strict(part)]  # type: ignore[arg-type,misc]
            kind = known | None if type(None) in typing.get_args(kind) else known
        default = msgspec.field(name=info.encode_name, default=info.default)
        if info.default_factory is not msgspec.NODEFAULT:
            default = msgspec.field(name=info.encode_name, default_factory=info.default_factory)
        fields.append((info.name, kind, default))
    # a page of records is gone before anybody could look for cycles in it
    return msgspec.defstruct(
        shape.struct.__name__, fields, kw_only=True, forbid_unknown_fields=True, gc=False
    )


class Undeclared:
    """Finds the undeclared fields of one stream's records."""

    def __init__(self, shape: Shape) -> None:
        """Keep what is declared."""
        self._shape = shape
        self._page = msgspec.json.Decoder(list[_Object])

    def added(self, decoded: Decoded, page: bytes) -> Decoded:
        """`decoded` with its undeclared fields; `page` holds just its records, in order."""
        objects = self._page.decode(page)
        texts, unknown = _texts(self._shape, objects)
        decoded.frame = decoded.frame.with_columns(pl.Series(EXTRA, texts, pl.String))
        decoded.unknown = unknown
        for path, name, part in _parts(self._shape):
            inner, more = _texts(part, list(_inside(objects, path)))
            column = pl.Series(part.prefix + EXTRA, inner, pl.String)
            decoded.parts[name] = decoded.parts[name].with_columns(column)
            decoded.unknown |= {f"{name}[].{field}" for field in more}
        return decoded


def _texts(shape: Shape, objects: list[_Object]) -> tuple[list[str | None], set[str]]:
    """JSON text of each object's undeclared fields, or None; and the names of all of them."""
    unknown: set[str] = set()
    texts: list[str | None] = []
    for record in objects:
        extra = dict(_undeclared(shape, record))
        unknown |= extra.keys()
        texts.append(msgspec.json.encode(extra).decode() if extra else None)
    return texts, unknown


def _undeclared(shape: Shape, record: _Object, path: str = "") -> Iterator[tuple[str, msgspec.Raw]]:
    for name, value in record.items():
        field = shape.encoded.get(name)
        if field is None:
            if not issubclass(shape.struct, Open):
                yield path + name, value
        elif field in shape.inner:
            inner = msgspec.json.decode(value, type=_Object | None)
            yield from _undeclared(shape.inner[field], inner or {}, f"{path}{name}.")


def _parts(
    shape: Shape, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], str, Shape]]:
    """Where parts stand in the JSON, the full name of their field, and their shape."""
    encoded = {field: name for name, field in shape.encoded.items()}
    for name, part in shape.parts.items():
        if part is not None:
            yield (*path, encoded[name]), shape.prefix + name, part
    for name, inner in shape.inner.items():
        yield from _parts(inner, (*path, encoded[name]))


def _inside(objects: list[_Object], path: tuple[str, ...]) -> Iterator[_Object]:
    """All parts in all objects, in order."""
    *outer, last = path
    for record in objects:
        found: _Object = record
        for name in outer:
            found = msgspec.json.decode(found.get(name, b"null"), type=_Object | None) or {}
        yield from msgspec.json.decode(found.get(last, b"null"), type=list[_Object] | None) or ()
