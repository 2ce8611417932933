"""Stretches of time, read one after the other, each page by page.

For endpoints that filter by both ends of a time. The end of the last stretch keeps a distance to
the vendor's clock (what is newest is not yet searchable), and each run looks back a little
further than the last one ended, because records arrive late. What the last run saw there and has
not changed is known by its fingerprint.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from connectors.cursors import state
from connectors.cursors.batch import Batch, Reading, Span, fingerprint, no_progress
from connectors.http import Api
from connectors.stream import Page

MOST_SEEN = 10_000
"""Fingerprints kept at most; past that, the loader finds what lands once more."""


class _State(msgspec.Struct, tag="windowed", tag_field="kind"):
    """Everything before `until` is read; of the stretch from there to `end`, up to `after`."""

    until: datetime
    end: datetime | None = None
    after: str | None = None
    seen: list[str] = []


@dataclass
class _Run:
    """Fingerprints that were known before, and those met in this run."""

    known: frozenset[str]
    met: set[str] = field(default_factory=set)

    def fresh(self, records: Sequence[bytes]) -> list[bytes]:
        found = [(bytes(record), fingerprint(record)) for record in records]
        self.met |= {mark for _, mark in found}
        return [record for record, mark in found if mark not in self.known]

    def seen(self) -> list[str]:
        return sorted(self.met)[:MOST_SEEN]


@dataclass(frozen=True)
class Windowed:
    """Follows a time in stretches.

    Args:
        fetch: Asks for one page of a stretch; its `next` is where the next page begins.
        step: Longest stretch that the vendor takes.
        lag: Distance that the end keeps to the vendor's clock.
        look_back: How far a run reads again before the position that it starts from.
    """

    fetch: Callable[[Api, Span, str | None], Batch]
    step: timedelta
    lag: timedelta = timedelta()
    look_back: timedelta = timedelta()

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
        run = _Run(frozenset(held.seen if held else ()))
        since = held.until if held else reading.since
        if held is not None and held.end is not None:
            # a run that was cut off goes on within its stretch
            yield from self._stretch(api, Span(held.until, held.end), held.after, run)
            since = held.end
        elif held is not None:
            since = max(held.until - self.look_back, reading.begin)
        while since < end:
            span = Span(since, min(since + self.step, end))
            yield from self._stretch(api, span, None, run)
            since = span.until

    def _stretch(self, api: Api, span: Span, after: str | None, run: _Run) -> Iterator[Page]:
        while True:
            batch = self.fetch(api, span, after)
            records = run.fresh(batch.records) if self.look_back else batch.records
            repeated = len(batch.records) - len(records)
            if batch.done or batch.next is None:
                seen = run.seen() if self.look_back else []
                yield Page(records, state.write(_State(span.until, seen=seen)), repeated)
                return
            if batch.next == after:
                raise no_progress(api.where)
            after = batch.next
            yield Page(records, state.write(_State(span.since, span.until, after)), repeated)
