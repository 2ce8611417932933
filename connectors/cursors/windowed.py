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

MOST_KNOWN = 20_000
"""Records kept in mind at most, the newest; past that, the loader finds what lands once more."""


class _State(msgspec.Struct, tag="windowed", tag_field="kind", omit_defaults=True):
    """Everything before `until` is read; of the stretch from there to `end`, up to `after`.

    `known` is what the run before this one saw of what this one reads again, from `back_to` on;
    `met` is what this one saw so far.
    """

    until: datetime
    end: datetime | None = None
    after: str | None = None
    known: dict[str, Known] = {}
    met: dict[str, Known] = {}
    back_to: datetime | None = None


@dataclass(frozen=True)
class Windowed:
    """Follows a time in stretches.

    Args:
        fetch: Asks for one page of a stretch; its `next` is where the next page begins.
        step: Longest stretch that the vendor takes.
        lag: Distance that the end keeps to the vendor's clock.
        look_back: How far a run reads again before the position that it starts from.
        posted: Id of each record of a page, and the date that stretches are cut by; None for a
            record that tells neither. Needed to know again what is read again.
        gone: Makes the record that says of an id that it is missing from what is read again.
        lost: Adds to a record which of its parts it does not have any more.
    """

    fetch: Callable[[Api, Span, str | None], Batch]
    step: timedelta
    lag: timedelta = timedelta()
    look_back: timedelta = timedelta()
    posted: Callable[[Sequence[bytes]], Sequence[Posted | None]] | None = None
    gone: Callable[[str, datetime, Api], bytes] | None = None
    lost: Callable[[bytes, Sequence[str]], bytes] | None = None

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
        since = held.until if held else reading.since
        if held is not None and held.end is None:
            since = max(held.until - self.look_back, reading.begin)
        run = _Run(self, api, held, since)
        if held is not None and held.end is not None:
            # a run that was cut off goes on within its stretch; what came late to it since then,
            # or went, is found as after any other run
            since = max(held.end - self.look_back, held.until)
            run.forget(since)
            yield from run.stretch(Span(held.until, held.end), held.after)
        while since < end:
            span = Span(since, min(since + self.step, end))
            yield from run.stretch(span, None, last=span.until == end)
            since = span.until


class _Run:
    """One run: what was known of the stretch that is read again, and what it finds there."""

    def __init__(self, cursor: Windowed, api: Api, held: _State | None, since: datetime) -> None:
        self._cursor = cursor
        self._api = api
        self._known = held.known if held else {}
        self._met = held.met if held else {}
        self._back_to = held.back_to if held and held.back_to else since

    def forget(self, since: datetime) -> None:
        """Take what is met from a moment on for merely known: it is about to be read again."""
        self._known = self._known | self._met
        self._met = {key: met for key, met in self._met.items() if met.at < since}

    def stretch(self, span: Span, after: str | None, *, last: bool = False) -> Iterator[Page]:
        """Pages of one stretch of time; the last stretch also tells what is gone."""
        while True:
            batch = self._cursor.fetch(self._api, span, after)
            fresh = self._fresh(batch.records, span)
            repeated = len(batch.records) - len(fresh)
            if batch.done or batch.next is None:
                gone = self._gone() if last else []
                yield Page([*fresh, *gone], state.write(self._behind(span, last=last)), repeated)
                return
            if batch.next == after:
                raise no_progress(self._api.where)
            after = batch.next
            place = _State(span.since, span.until, after, self._known, self._met, self._back_to)
            yield Page(fresh, state.write(place), repeated)

    def _fresh(self, records: Sequence[bytes], span: Span) -> list[bytes]:
        """Records that are new or changed; what the next run reads again is kept in mind."""
        found = [bytes(record) for record in records]
        if self._cursor.posted is None or not self._cursor.look_back:
            return found
        again = span.until - self._cursor.look_back
        if self._known:
            again = min(again, self._back_to)
        fresh = []
        for posted, record in zip(self._cursor.posted(records), found, strict=True):
            if posted is None:
                fresh.append(record)
                continue
            mark = Known(posted.at, fingerprint(record), posted.parts)
            before = self._met.get(posted.id, self._known.get(posted.id))
            if mark != before:
                fresh.append(self._without(record, before, posted.parts))
            if posted.at >= again:
                self._met[posted.id] = mark
        if len(self._met) > 2 * MOST_KNOWN:
            self._met = _newest(self._met)
        return fresh

    def _gone(self) -> list[bytes]:
        if self._cursor.gone is None:
            return []
        return [
            self._without(self._cursor.gone(key, known.at, self._api), known)
            for key, known in self._known.items()
            if known.at >= self._back_to and key not in self._met
        ]

    def _without(self, record: bytes, before: Known | None, parts: str = "") -> bytes:
        """The record, with which of the parts that it had are gone."""
        lost = set(before.parts.split()) - set(parts.split()) if before else set()
        if not lost or self._cursor.lost is None:
            return record
        return self._cursor.lost(record, sorted(lost))

    def _behind(self, span: Span, *, last: bool) -> _State:
        """Position behind a stretch, with what the next run will read again."""
        again = span.until - self._cursor.look_back
        recent = _newest({key: known for key, known in self._met.items() if known.at >= again})
        if last:
            return _State(span.until, known=recent)
        return _State(span.until, known=self._unread(again) | recent)

    def _unread(self, again: datetime) -> dict[str, Known]:
        """What was known and is not yet read again: it may still turn out to be gone."""
        return {
            key: known
            for key, known in self._known.items()
            if known.at >= again and key not in self._met
        }


def _newest(known: dict[str, Known]) -> dict[str, Known]:
    if len(known) <= MOST_KNOWN:
        return known
    recent = sorted(known.items(), key=lambda item: item[1].at, reverse=True)
    return dict(recent[:MOST_KNOWN])
