"""A time that is asked for inclusively, with what was already seen at that very time.

Asking for what is *later* than the last time seen loses records that share it (a second is long);
asking for what is *not earlier* brings known records again. So the position holds the time and
fingerprints of the records of that time. A record that changed within the second has another
fingerprint, and lands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import msgspec

from connectors.cursors import state
from connectors.cursors.batch import Batch, Reading, fingerprint, no_progress
from connectors.http import Api
from connectors.stream import Page

MOST_SEEN = 10_000
"""Fingerprints kept at most: past that, known records land once more, and are found by key."""


class _State(msgspec.Struct, tag="inclusive", tag_field="kind"):
    at: datetime
    seen: list[str] = []


@dataclass(frozen=True)
class InclusiveTime:
    """Follows a time that several records may share.

    Args:
        fetch: Asks for one page of what is not earlier than a time. Its `latest` is where the
            next page begins.
    """

    fetch: Callable[[Api, datetime], Batch]
    overlaps: bool = False

    def pages(self, api: Api, at: str | None, reading: Reading) -> Iterator[Page]:
        """See `Cursor`. Raises `AskVendor` where a page of known records leads nowhere."""
        held = state.read(reading.position(at), _State, api.where) or _State(reading.since)
        while True:
            batch = self.fetch(api, held.at)
            fresh = _fresh(batch.records, set(held.seen))
            latest = max(batch.latest or held.at, held.at)
            ties = batch.records if batch.ties is None else batch.ties
            now = _State(latest, _seen(held, latest, ties))
            # that some records look new is no progress: what is older than asked for is not kept
            if now == held and not batch.done:
                raise no_progress(api.where)
            held = now
            yield Page(fresh, state.write(held), repeated=len(batch.records) - len(fresh))
            if batch.done or reading.is_over(latest):
                return


def _fresh(records: Iterable[bytes], seen: set[str]) -> list[bytes]:
    return [bytes(record) for record in records if fingerprint(record) not in seen]


def _seen(before: _State, latest: datetime, ties: Iterable[bytes]) -> list[str]:
    prints = [fingerprint(record) for record in ties]
    if latest == before.at:
        prints = [*before.seen, *prints]
    return sorted(set(prints))[:MOST_SEEN]
