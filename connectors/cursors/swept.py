"""What a vendor no longer tells: now and then all that it lists is compared with what landed.

A cursor follows what a vendor says of a record, and no vendor says everything: what was erased for
privacy just is not there any more, and an edit that keeps its date is in no stretch of time that
is still read. A sweep lists all ids. What landed and is not listed is gone; what is listed and did
not land, or landed otherwise, is read.

Only a whole list proves that something is missing from it. So nothing counts as gone before a
list came to its end, nor where more is missing than a fault of the vendor's could explain as well,
nor before the vendor, asked for the record alone, says that there is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from connectors.cursors import state
from connectors.cursors.batch import Cursor, Reading, Span
from connectors.cursors.sweep import Comparison, Known, Sweep
from connectors.http import Api, Missing
from connectors.landing.landed import Landed
from connectors.stream import Page

NEVER = timedelta.max
"""How often where nothing is to be swept."""


class _State(msgspec.Struct, tag="swept", tag_field="kind"):
    """Position of the cursor, and when all was last compared (at first: when it was begun)."""

    at: str | None
    swept: datetime


@dataclass(frozen=True)
class Swept:
    """A cursor that sweeps behind itself."""

    cursor: Cursor
    by: Sweep

    @property
    def overlaps(self) -> bool:
        """As the cursor does."""
        return self.cursor.overlaps

    def pages(self, api: Api, at: str | None, reading: Reading) -> Iterator[Page]:
        """See `Cursor`; the cursor's own pages."""
        held = _held(at, api.where)
        swept = held.swept if held else None
        for page in self.cursor.pages(api, held.at if held else at, reading):
            if page.cursor is None:
                yield page
                continue
            swept = swept or api.now()
            yield Page(page.records, state.write(_State(page.cursor, swept)), page.repeated)

    def is_due(self, at: str | None, now: datetime) -> bool:
        """Whether it is time to sweep: a stream that has just begun has nothing to compare."""
        held = _held(at)
        return held is not None and now - held.swept >= self.by.every

    def sweep(self, api: Api, at: str | None, reading: Reading, landed: Landed) -> Iterator[Page]:
        """What a whole list shows to be gone, changed or missed; the position is that of before.

        Raises:
            AskVendor: A list is not to be believed. What other parts showed has landed by then,
                and the next run sweeps again.
        """
        held = _held(at, api.where) or _State(None, api.now())
        span = Span(reading.begin, api.now() - self.by.settled)
        known = Known.of(self.by, landed)
        place, doubts = state.write(held), []
        for part in self._parts(api, reading):
            comparison = Comparison(self.by, api, part, span, known, landed)
            try:
                for batch in comparison.batches():
                    fresh = comparison.fresh(batch)
                    yield Page(fresh, place, repeated=max(0, len(batch.records) - len(fresh)))
            except Missing:
                if not part:
                    raise
                # a survey that is gone keeps what it brought
                continue
            missing = comparison.missing()
            doubt = comparison.doubt(missing)
            if doubt is not None:
                doubts.append(doubt)
            elif missing:
                yield Page(list(self.by.gone(api, part, missing, landed)), place)
        if doubts:
            raise doubts[0]
        yield Page([], state.write(_State(held.at, api.now())))

    def _parts(self, api: Api, reading: Reading) -> Sequence[str]:
        if self.by.parts is None:
            return [""]
        return reading.only or self.by.parts(api)


def _held(at: str | None, where: str = "") -> _State | None:
    """A position of ours; None where the cursor's own has not been swept behind before."""
    return state.read(at, _State, where) if state.is_of(at, _State) else None
