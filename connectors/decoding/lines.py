"""The records of a page as lines: so they are kept, and so they are decoded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec


@dataclass(frozen=True)
class Lines:
    """JSON texts, a record a line.

    Args:
        records: Each record. Only what is no JSON may have line feeds in it.
        text: The records, each with a line feed behind it, to be decoded.
        kept: The same with a line for each record, whatever it is.
    """

    records: Sequence[bytes]
    text: bytes
    kept: bytes

    @classmethod
    def of(cls, records: Sequence[bytes]) -> Lines:
        """Lines of records; one that its vendor wrote for people to read loses its layout."""
        text = _joined(records)
        if text.count(b"\n") == len(records):
            return cls(records, text, text)
        flat = [_flat(bytes(record)) for record in records]
        return cls(flat, _joined(flat), _joined([one.replace(b"\n", b" ") for one in flat]))

    def decoded(self, decoder: msgspec.json.Decoder[Any]) -> list[Any]:
        """Each line decoded. Raises `msgspec.DecodeError` and others where one is no record."""
        found = decoder.decode_lines(self.text)
        if len(found) != len(self.records):
            raise msgspec.DecodeError("not one record a line")
        return found


def _joined(records: Sequence[bytes]) -> bytes:
    return b"\n".join([*records, b""])


def _flat(record: bytes) -> bytes:
    """A record on one line, its values to the letter; what is no JSON stays as it is."""
    try:
        return msgspec.json.format(record, indent=-1)
    except (msgspec.DecodeError, RecursionError):
        return record
