"""Fields that a vendor sent and nobody declared: found, named, and kept as JSON text.

They are looked for only in pages that the strict decoder refused, so that declared pages, nearly
all of them, do not pay for it.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import polars as pl

from connectors.decoding.columns import Columns
from connectors.decoding.decoded import Decoded
from connectors.decoding.lines import Lines
from connectors.records import EXTRA, Open, Shape

_Object = dict[str, msgspec.Raw]


class Undeclared:
    """Finds the undeclared fields of one stream's records."""

    def __init__(self, shape: Shape) -> None:
        """Keep what is declared."""
        self._shape = shape
        self._object = msgspec.json.Decoder(_Object)

    def added(self, decoded: Decoded, lines: Lines) -> Decoded:
        """`decoded` with its undeclared fields; `lines` are just its records, in order."""
        objects = lines.decoded(self._object)
        texts, unknown = _texts(self._shape, objects)
        _put(decoded.columns, pl.Series(EXTRA, texts, pl.String))
        decoded.unknown = unknown
        for path, name, part in _parts(self._shape):
            inner, more = _texts(part, list(_inside(objects, path)))
            _put(decoded.parts_columns[name], pl.Series(part.prefix + EXTRA, inner, pl.String))
            decoded.unknown |= {f"{name}[].{field}" for field in more}
        return decoded


def _put(columns: Columns, extra: pl.Series) -> None:
    columns.frame = columns.frame.with_columns(extra)


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
