"""Small things that readers do with records before they pass them on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

S = TypeVar("S", bound=msgspec.Struct)


def each(records: Sequence[bytes], as_: type[S]) -> list[S]:
    """A glance at each record of a page, as a small Struct.

    A reader needs it to go on, so a record without it is a page that cannot be read.
    """
    return msgspec.json.decode(b"[" + b",".join(records) + b"]", type=list[as_])  # type: ignore[valid-type]


def one(record: bytes, as_: type[S]) -> S:
    """A glance at one record."""
    return msgspec.json.decode(record, type=as_)


def spliced(record: bytes, name: str, value: object) -> bytes:
    """A record with one more field, in front; names of ours begin with an underscore."""
    rest = bytes(record).lstrip()[1:].lstrip()
    comma = b"" if rest.startswith(b"}") else b","
    return b"{%s:%s%s%s" % (msgspec.json.encode(name), msgspec.json.encode(value), comma, rest)


def seconds(at: datetime) -> int:
    """A naive UTC time as epoch seconds."""
    return int(at.replace(tzinfo=UTC).timestamp())


def moment(epoch: int | None) -> datetime | None:
    """Epoch seconds as a naive UTC time."""
    return None if epoch is None else datetime.fromtimestamp(epoch, UTC).replace(tzinfo=None)
