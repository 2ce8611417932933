"""A position that only the vendor understands: kept to the letter, and required to move."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import msgspec

from connectors.cursors import state
from connectors.cursors.batch import Batch, Reading, no_progress
from connectors.http import Api
from connectors.stream import Page

_SAME_PAGES = 3
"""Identical pages in a row after which a moving cursor counts as standing still."""


class _State(msgspec.Struct, tag="opaque", tag_field="kind"):
    at: str


@dataclass(frozen=True)
class Opaque:
    """Follows a vendor's own cursor.

    Args:
        fetch: Asks for the page at a position; at None for the first one since a time. Its
            `next` is kept even when the vendor is `done`: the next run starts there.
    """

    fetch: Callable[[Api, str | None, datetime], Batch]
    overlaps: bool = False

    def pages(self, api: Api, at: str | None, reading: Reading) -> Iterator[Page]:
        """See `Cursor`. Raises `AskVendor` where the cursor stands still."""
        held = state.read(reading.position(at), _State, api.where)
        position = held.at if held else None
        before: list[bytes] = []
        same = 0
        while True:
            batch = self.fetch(api, position, reading.since)
            records = [bytes(record) for record in batch.records]
            same = same + 1 if records and records == before else 0
            stands = batch.next is None or batch.next == position
            if not batch.done and (stands or same >= _SAME_PAGES):
                raise no_progress(api.where)
            position, before = batch.next or position, records
            yield Page(records, state.write(_State(position)) if position else None)
            if batch.done or reading.is_over(batch.latest):
                return
