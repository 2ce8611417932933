"""Positions as text: JSON stamped with the kind and version of the cursor that wrote it."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from connectors.errors import FixConfiguration

VERSION = 1

S = TypeVar("S", bound=msgspec.Struct)


class _Stamp(msgspec.Struct):
    kind: str
    v: int


def write(state: msgspec.Struct) -> str:
    """A position as text; the Struct's tag is its kind."""
    return msgspec.json.encode({"v": VERSION, **msgspec.to_builtins(state)}).decode()


def is_of(text: str | None, type_: type[msgspec.Struct]) -> bool:
    """Whether a cursor of this kind wrote a position."""
    try:
        return text is not None and msgspec.json.decode(text, type=_Stamp).kind == (
            type_.__struct_config__.tag
        )
    except msgspec.DecodeError:
        return False


def read(text: str | None, type_: type[S], where: str) -> S | None:
    """The position in `text`; None where the stream has none yet.

    Raises:
        FixConfiguration: Another kind or version of cursor wrote it.
    """
    if text is None:
        return None
    try:
        if msgspec.json.decode(text, type=_Stamp).v == VERSION:
            return msgspec.json.decode(text, type=type_)
    except msgspec.DecodeError:
        pass
    raise FixConfiguration(
        "CURSOR-STATE",
        where,
        "the stream's position was written by another version of this connector",
        "Read its history again with `earful run SOURCE --since …`, or restore the version.",
    )
