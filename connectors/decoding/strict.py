"""Decodes pages whose fields are all declared: nearly all of them, and the fast way."""

from __future__ import annotations

import typing
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from connectors.decoding.lines import Lines
from connectors.records import Open, Shape

_Decoder = msgspec.json.Decoder[Any]


class Strict:
    """Decodes pages of one stream into typed records, refusing what is not declared.

    msgspec looks for a field behind the one that it found last, and fills in each that is not
    there. So it is told the fields of the first record, in that order, until a page has others.

    Args:
        shape: The declared fields.
        decoder: Makes a decoder of a type.
    """

    def __init__(self, shape: Shape, decoder: Callable[[Any], _Decoder]) -> None:
        """No page has come yet."""
        self._shape = shape
        self._of = decoder
        self._first: Sequence[str] = ()
        self._decoder: _Decoder | None = None
        self._has_all = False

    def decode(self, lines: Lines) -> list[Any]:
        """Typed records, perhaps without fields that none of them has.

        Raises:
            msgspec.ValidationError: A record has an undeclared field, or a wrong value.
            msgspec.DecodeError, UnicodeDecodeError, RecursionError: A line is no record.
        """
        if self._decoder is None:
            self._first = _names(self._shape, lines)
            self._decoder = self._of(strict(self._shape, self._first))
        try:
            return lines.decoded(self._decoder)
        except msgspec.ValidationError:
            if self._has_all:
                raise
        others = (name for name in self._shape.names if name not in self._first)
        self._decoder = self._of(strict(self._shape, [*self._first, *others]))
        self._has_all = True
        return lines.decoded(self._decoder)


def _names(shape: Shape, lines: Lines) -> Sequence[str]:
    """Names of the first record's fields, in its order; all fields where it is none."""
    try:
        record = msgspec.json.decode(next(iter(lines.records), b"{}"), type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return shape.names
    return [shape.encoded[name] for name in record if name in shape.encoded]


def strict(shape: Shape, names: Sequence[str]) -> type[msgspec.Struct]:
    """A Struct that refuses other fields than these and those that every record must have."""
    if issubclass(shape.struct, Open):
        return shape.struct
    fields = {info.name: info for info in msgspec.structs.fields(shape.struct)}
    required = [name for name, info in fields.items() if info.required and name not in names]
    hints = typing.get_type_hints(shape.struct)
    declared = [
        (name, _kind(shape, name, hints[name]), _default(fields[name]))
        for name in (*names, *required)
    ]
    # a page of records is gone before anybody could look for cycles in it
    return msgspec.defstruct(
        shape.struct.__name__, declared, kw_only=True, forbid_unknown_fields=True, gc=False
    )


def _kind(shape: Shape, name: str, hint: Any) -> Any:  # noqa: ANN401 - a type of any kind
    """A field's type, the Structs in it strict as well."""
    inner, part = shape.inner.get(name), shape.parts.get(name)
    if inner is not None:
        known: Any = strict(inner, inner.names)
    elif part is not None:
        known = list[strict(part, part.names)]  # type: ignore[misc] # made here
    else:
        return hint
    return known | None if type(None) in typing.get_args(hint) else known


def _default(info: msgspec.structs.FieldInfo) -> Any:  # noqa: ANN401 - what msgspec makes
    if info.default_factory is not msgspec.NODEFAULT:
        return msgspec.field(name=info.encode_name, default_factory=info.default_factory)
    return msgspec.field(name=info.encode_name, default=info.default)
