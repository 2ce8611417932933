"""Stretches of time, read one after the other, each page by page.

For endpoints that filter by both ends of a time. The end of the last stretch keeps a distance to
the vendor's clock (what is newest is not yet searchable), and each run looks back a little
further than the last one ended, because records arrive late. What the last run saw there and has
not changed is known by its fingerprint.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from connectors.cursors import state
from connectors.cursors.batch import (
    Batch,
    Known,
    Posted,
    Reading,
    Span,
    fingerprint,
    no_progress,
)
from connectors.http import Api
from connectors.stream import Page

_NEVER = datetime(1, 1, 1)  # noqa: DTZ001 - UTC by contract

MOST_SEEN = 20_000
"""Records kept in mind at most; past that, the loader finds what lands once more."""


class _State(msgspec.Struct, tag="windowed", tag_field="kind"):
    """Everything before `until` is read; of the stretch from there to `end`, up to `after`."""

    until: datetime
    end: datetime | None = None
    after: str | None = None
    seen: list[str] = []
    known: dict[str, Known] = {}


@dataclass(frozen=True)
class Windowed:
    """Follows a time in stretches.

    Args:
        fetch: Asks for one page of a stretch; its `next` is where the next page begins.
        step: Longest stretch that the vendor takes.
        lag: Distance that the end keeps to the vendor's clock.
        look_back: How far a run reads again before the position that it starts from.
        posted: Id of each record of a page, and the date that stretches are cut by.
        gone: Makes the record that says of an id that it is missing from what is read again.
    """

    fetch: Callable[[Api, Span, str | None], Batch]
    step: timedelta
    lag: timedelta = timedelta()
    look_back: timedelta = timedelta()
    posted: Callable[[Sequence[bytes]], list[Posted]] | None = None
    gone: Callable[[str, datetime, Api], bytes] | None = None

    @property
    def overlaps(self) -> bool:
        """Runs overlap where they look back."""
        return bool(self.look_back)

    def pages(self, api: Api, at: str | None, reading: Reading) -> Iterator[Page]:
        """See `Cursor`. Raises `AskVendor` where a page leads to itself."""
        held = state.read(reading.position(at), _State, api.where)
        end = api.now() - self.lag
        if reading.window is not None and reading.window.until is not None:
            end = min(end, reading.window.until)
        run = _Run(self, api, held)
        since = held.until if held else reading.since
        if held is not None and held.end is not None:
            # a run that was cut off goes on within its stretch
            yield from run.stretch(Span(held.until, held.end), held.after)
            since = held.end
        elif held is not None:
            since = max(held.until - self.look_back, reading.begin)
        run.back_to = since
        while since < end:
            span = Span(since, min(since + self.step, end))
            yield from run.stretch(span, None, last=span.until == end)
            since = span.until


class _Run:
    """One run: what was known of the stretch that is read again, and what it finds there."""

    def __init__(self, cursor: Windowed, api: Api, held: _State | None) -> None:
        self._cursor = cursor
        self._api = api
        self._known = held.known if held else {}
        self._prints = frozenset(held.seen if held else ()) | {
            known.print for known in self._known.values()
        }
        self._met: dict[str, Known] = {}
        self._seen: set[str] = set()
        self.back_to = held.until if held else _NEVER

    def stretch(self, span: Span, after: str | None, *, last: bool = False) -> Iterator[Page]:
        """Pages of one stretch of time; the last stretch also tells what is gone."""
        while True:
            batch = self._cursor.fetch(self._api, span, after)
            fresh = self._fresh(batch.records)
            repeated = len(batch.records) - len(fresh)
            if batch.done or batch.next is None:
                gone = self._gone() if last else []
                yield Page([*fresh, *gone], state.write(self._behind(span)), repeated)
                return
            if batch.next == after:
                raise no_progress(self._api.where)
            after = batch.next
            place = _State(span.since, span.until, after, known=self._known)
            yield Page(fresh, state.write(place), repeated)

    def _fresh(self, records: Sequence[bytes]) -> list[bytes]:
        if not self._cursor.look_back:
            return [bytes(record) for record in records]
        found = [(bytes(record), fingerprint(record)) for record in records]
        if self._cursor.posted is None:
            self._seen |= {mark for _, mark in found}
        else:
            posted = self._cursor.posted(records)
            for one, (_, mark) in zip(posted, found, strict=True):
                self._met[one.id] = Known(one.at, mark)
        return [record for record, mark in found if mark not in self._prints]

    def _gone(self) -> list[bytes]:
        if self._cursor.gone is None:
            return []
        return [
            self._cursor.gone(key, known.at, self._api)
            for key, known in self._known.items()
            if known.at >= self.back_to and key not in self._met
        ]

    def _behind(self, span: Span) -> _State:
        """Position behind a stretch, with what the next run will read again."""
        again = span.until - self._cursor.look_back
        recent = sorted(
            (item for item in self._met.items() if item[1].at >= again),
            key=lambda item: item[1].at,
            reverse=True,
        )
        return _State(
            span.until, seen=sorted(self._seen)[:MOST_SEEN], known=dict(recent[:MOST_SEEN])
        )
