"""Newest first, until what is known: for endpoints that have no other order and no filter.

Only creation is dated there, so a stretch before the last known record is read again in each run:
what was edited in it lands, and what is missing from it was taken down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from connectors.cursors import state
from connectors.cursors.batch import (
    Batch,
    Known,
    Posted,
    Reading,
    fingerprint,
    no_progress,
)
from connectors.http import Api
from connectors.stream import Page

MOST_KNOWN = 20_000
"""Records of the re-read stretch whose disappearance is noticed; the newest ones."""


class _State(msgspec.Struct, tag="newest_first", tag_field="kind", omit_defaults=True):
    """Everything up to `newest` is read; `known` is what landed of the stretch read again."""

    newest: datetime | None = None
    known: dict[str, Known] = {}


@dataclass
class _Walk:
    """What one run has met so far."""

    back_to: datetime
    met: dict[str, Known] = field(default_factory=dict)
    reached: bool = False


@dataclass(frozen=True)
class NewestFirst:
    """Walks back from the newest record.

    Args:
        fetch: Asks for the page at a position; at None for the newest.
        posted: Id and time of each record of a page; None for a record that tells neither.
        gone: Makes the record that says of an id that it was taken down; None where the vendor,
            asked for it alone, still has it.
        reread: How far before the newest known record each run reads again.
    """

    fetch: Callable[[Api, str | None], Batch]
    posted: Callable[[Sequence[bytes]], Sequence[Posted | None]]
    gone: Callable[[str, datetime, Api], bytes | None]
    reread: timedelta
    overlaps: bool = False

    def pages(self, api: Api, at: str | None, reading: Reading) -> Iterator[Page]:
        """See `Cursor`. The next walk begins at the newest again until one came to its end."""
        held = state.read(reading.position(at), _State, api.where) or _State()
        walk = _Walk(held.newest - self.reread if held.newest else reading.since)
        position: str | None = None
        while True:
            batch = self.fetch(api, position)
            page = self._new(batch.records, held, walk)
            if walk.reached or batch.done or batch.next is None:
                break
            if batch.next == position:
                raise no_progress(api.where)
            position = batch.next
            so_far = state.write(_State(held.newest, self._recent(held, held.known | walk.met)))
            yield Page(page, so_far, repeated=len(batch.records) - len(page))
        gone = self._gone(held, walk, api)
        last = self._after(held, walk)
        yield Page([*page, *gone], last, repeated=len(batch.records) - len(page))

    def _new(self, records: Sequence[bytes], held: _State, walk: _Walk) -> list[bytes]:
        """Records of a page that are new or changed; the rest is what was known."""
        fresh = []
        page = self.posted(records)
        for record, posted in zip(records, page, strict=True):
            if posted is None:
                fresh.append(bytes(record))
                continue
            mark = Known(posted.at, fingerprint(record))
            is_old = held.newest is not None and posted.at < walk.back_to
            # a page that moved while the walk went on brings some of the one before once more
            if not is_old and mark != walk.met.get(posted.id, held.known.get(posted.id)):
                fresh.append(bytes(record))
            walk.met[posted.id] = mark
        # the newest one decides, so that a page out of order does not end the walk
        times = [posted.at for posted in page if posted is not None]
        walk.reached = bool(times) and max(times) < walk.back_to
        return fresh

    def _gone(self, held: _State, walk: _Walk, api: Api) -> list[bytes]:
        missing = [
            self.gone(key, known.at, api)
            for key, known in held.known.items()
            if key not in walk.met and known.at >= walk.back_to
        ]
        return [record for record in missing if record is not None]

    def _after(self, held: _State, walk: _Walk) -> str | None:
        times = [known.at for known in walk.met.values()]
        if held.newest is not None:
            times.append(held.newest)
        if not times:
            return None
        return state.write(_State(max(times), self._recent(held, walk.met)))

    def _recent(self, held: _State, met: Mapping[str, Known]) -> dict[str, Known]:
        """What the next walk reads again, the newest first, and only so much of it."""
        if not met:
            return {}
        newest = max(known.at for known in met.values())
        back_to = max(newest, held.newest or newest) - self.reread
        recent = [(key, known) for key, known in met.items() if known.at >= back_to]
        recent.sort(key=lambda item: item[1].at, reverse=True)
        return dict(recent[:MOST_KNOWN])
