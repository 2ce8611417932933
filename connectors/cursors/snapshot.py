"""A short list that the vendor only gives whole: what changed in it, and what is gone from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from connectors.cursors import state
from connectors.cursors.batch import Batch, Reading, fingerprint, no_progress
from connectors.http import Api
from connectors.stream import Page

MOST_KNOWN = 50_000
"""Records kept in mind at most; what lies past that lands in each run, and is found by key."""


class _State(msgspec.Struct, tag="snapshot", tag_field="kind"):
    """Fingerprint of each record by its key."""

    prints: dict[str, str] = {}


@dataclass(frozen=True)
class Snapshot:
    """Reads a whole list each time, and passes on what is new in it.

    Args:
        fetch: Asks for the page at a position; at None for the first.
        key: Key of a record; None where it tells none.
        gone: Makes the record that says of a key that it is gone; None where being gone from
            the list means nothing.
    """

    fetch: Callable[[Api, str | None, Reading], Batch]
    key: Callable[[bytes], str | None]
    gone: Callable[[str, Api], bytes] | None = None
    overlaps: bool = False

    def pages(self, api: Api, at: str | None, reading: Reading) -> Iterator[Page]:
        """See `Cursor`. Each run reads the whole list; the position tells what landed of it."""
        held = state.read(reading.position(at), _State, api.where) or _State()
        found: dict[str, str] = {}
        position: str | None = None
        while True:
            batch = self.fetch(api, position, reading)
            records = [bytes(record) for record in batch.records]
            fresh = list(self._fresh(records, held.prints, found))
            if batch.done or batch.next is None:
                break
            if batch.next == position:
                raise no_progress(api.where)
            position = batch.next
            so_far = state.write(_State(_bounded(held.prints | found)))
            yield Page(fresh, so_far, repeated=len(records) - len(fresh))
        gone = [self.gone(key, api) for key in held.prints.keys() - found] if self.gone else []
        last = state.write(_State(_bounded(found)))
        yield Page([*fresh, *gone], last, repeated=len(records) - len(fresh))

    def _fresh(
        self, records: Sequence[bytes], known: Mapping[str, str], found: dict[str, str]
    ) -> Iterator[bytes]:
        """Records that are new or changed, since the last run and within this one."""
        for record in records:
            key, mark = self.key(record), fingerprint(record)
            if key is None:
                yield record
            elif found.get(key, known.get(key)) != mark:
                found[key] = mark
                yield record
            else:
                found[key] = mark


def _bounded(found: Mapping[str, str]) -> dict[str, str]:
    """Those to keep in mind; of too many the same ones in each run."""
    if len(found) <= MOST_KNOWN:
        return dict(sorted(found.items()))
    return dict(sorted(found.items(), key=lambda item: fingerprint(item[0].encode()))[:MOST_KNOWN])
