"""A short list that the vendor only gives whole: what changed in it, and what is gone from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec

from connectors.cursors import state
from connectors.cursors.batch import Batch, Reading, fingerprint, no_progress
from connectors.http import Api
from connectors.stream import Page


class _State(msgspec.Struct, tag="snapshot", tag_field="kind"):
    """Fingerprint of each record by its key; `read` once a list was read to its end."""

    prints: dict[str, str] = {}


@dataclass(frozen=True)
class Snapshot:
    """Reads a whole list each time, and passes on what is new in it.

    Args:
        fetch: Asks for the page at a position; at None for the first.
        key: Key of a record.
        gone: Makes the record that says of a key that it is gone; None where being gone from
            the list means nothing.
    """

    fetch: Callable[[Api, str | None, Reading], Batch]
    key: Callable[[bytes], str]
    gone: Callable[[str, Api], bytes] | None = None
    overlaps: bool = False

    def pages(self, api: Api, at: str | None, reading: Reading) -> Iterator[Page]:
        """See `Cursor`. The position moves with the last page only."""
        held = state.read(reading.position(at), _State, api.where) or _State()
        found: dict[str, str] = {}
        position: str | None = None
        while True:
            batch = self.fetch(api, position, reading)
            records = [bytes(record) for record in batch.records]
            prints = {self.key(record): fingerprint(record) for record in records}
            fresh = [r for r in records if held.prints.get(self.key(r)) != fingerprint(r)]
            found |= prints
            if batch.done or batch.next is None:
                break
            if batch.next == position:
                raise no_progress(api.where)
            position = batch.next
            yield Page(fresh, at, repeated=len(records) - len(fresh))
        gone = [self.gone(key, api) for key in held.prints.keys() - found] if self.gone else []
        last = state.write(_State(dict(sorted(found.items()))))
        yield Page([*fresh, *gone], last, repeated=len(records) - len(fresh))
