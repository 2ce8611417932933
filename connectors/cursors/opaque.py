"""A position that only the vendor understands: kept to the letter, and required to move."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from connectors.cursors import state
from connectors.cursors.batch import Batch, Reading, fingerprint, no_progress
from connectors.http import Api
from connectors.stream import Page

_SAME_PAGES = 3
"""Identical pages in a row after which a moving cursor counts as standing still."""


class _State(msgspec.Struct, tag="opaque", tag_field="kind"):
    at: str | None
    seen: list[str] = []


@dataclass(frozen=True)
class Opaque:
    """Follows a vendor's own cursor.

    Args:
        fetch: Asks for the page at a position; at None for the first one since a time. Its
            `next` is kept even when the vendor is `done`: the next run starts there.
        rereads_last: Whether the vendor gives the last page no `next`, so that the next run
            begins with that page, and has to know what it held.
    """

    fetch: Callable[[Api, str | None, datetime], Batch]
    rereads_last: bool = False
    overlaps: bool = False

    def pages(self, api: Api, at: str | None, reading: Reading) -> Iterator[Page]:
        """See `Cursor`. Raises `AskVendor` where the cursor stands still."""
        held = state.read(reading.position(at), _State, api.where)
        position, known = (held.at, frozenset(held.seen)) if held else (None, frozenset())
        watch = _Watch(api.where)
        while True:
            batch = self.fetch(api, position, reading.since)
            records = batch.records
            watch.check(batch, position, records)
            fresh = [r for r in records if not known or fingerprint(r) not in known]
            seen: list[str] = []
            if batch.next is None and self.rereads_last:
                seen = [fingerprint(record) for record in records]
            position = batch.next or position
            place = state.write(_State(position, seen)) if position or seen else None
            yield Page(fresh, place, repeated=len(records) - len(fresh))
            if batch.done or reading.is_over(batch.latest):
                return


@dataclass
class _Watch:
    """Sees to it that pages lead on: the cursor moves, and does not bring the same for ever."""

    where: str
    before: Sequence[bytes] = ()
    same: int = 0

    def check(self, batch: Batch, position: str | None, records: Sequence[bytes]) -> None:
        self.same = self.same + 1 if records and records == self.before else 0
        self.before = records
        stands = batch.next is None or batch.next == position
        if not batch.done and (stands or self.same >= _SAME_PAGES):
            raise no_progress(self.where)
