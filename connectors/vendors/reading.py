"""Small things that readers do with records before they pass them on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from connectors.http import Api, Missing

S = TypeVar("S", bound=msgspec.Struct)

_OTHERWISE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def each(records: Sequence[bytes], as_: type[S]) -> list[S | None]:
    """A glance at each record of a page, as a small Struct; None where it has another shape.

    Such a record is read on as it is: the stream's decoder sets it aside, and says why.
    """
    try:
        return msgspec.json.decode(b"[" + b",".join(records) + b"]", type=list[as_])  # type: ignore[valid-type]
    except _OTHERWISE:
        return [one(record, as_) for record in records]


def one(record: bytes, as_: type[S]) -> S | None:
    """A glance at one record; None where it has another shape."""
    try:
        return msgspec.json.decode(record, type=as_)
    except _OTHERWISE:
        return None


def told(glances: Iterable[S | None]) -> list[S]:
    """The glances that were possible."""
    return [glance for glance in glances if glance is not None]


def spliced(record: bytes, name: str, value: object) -> bytes:
    """A record with one more field, in front; names of ours begin with an underscore."""
    rest = bytes(record).lstrip()[1:].lstrip()
    comma = b"" if rest.startswith(b"}") else b","
    return b"{%s:%s%s%s" % (msgspec.json.encode(name), msgspec.json.encode(value), comma, rest)


def is_there(api: Api, path: str) -> bool:
    """Whether the vendor, asked for one record alone, has it."""
    try:
        api.get(path, msgspec.Raw)
    except Missing:
        return False
    return True


def seconds(at: datetime) -> int:
    """A naive UTC time as epoch seconds."""
    return int(at.replace(tzinfo=UTC).timestamp())


def naive(at: datetime) -> datetime:
    """A time as cursors take it: naive UTC."""
    return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at


def moment(epoch: int | None) -> datetime | None:
    """Epoch seconds as a naive UTC time."""
    return None if epoch is None else datetime.fromtimestamp(epoch, UTC).replace(tzinfo=None)
