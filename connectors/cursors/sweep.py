"""How a whole list is compared with what landed; see `swept` for what that is good for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connectors.cursors.batch import Batch, Posted, Span, fingerprint, no_progress
from connectors.errors import AskVendor
from connectors.families import TABLES
from connectors.http import Api
from connectors.landing.landed import Landed

_FEW = 20
"""Records that may be gone whatever their share: of ten, two are a fifth."""


@dataclass(frozen=True)
class Sweep:
    """How a vendor's list is compared.

    Args:
        table: Family table that holds the records.
        key: Its column with their ids.
        listed: Asks for one page of all that a part lists of a stretch of time. It may list more.
        posted: Id and date of each record of a page, by the same clock as the table's cursor.
        gone: Of ids that are not listed, makes the records that say so; none for an id that the
            vendor, asked for it alone, still has.
        read: Of what the list shows to be new or changed, makes the records that land.
        dated: Whether a record's date moves with each change; else it is compared to the letter.
        part: The table's column with the part (survey, app) that a record belongs to.
        parts: Asks which parts there are, where the user did not name them.
        settled: Age from which on records are compared; younger ones are the cursor's business.
        every: How long from one sweep to the next.
        limit: Share of a part's records up to which they may be gone.
    """

    table: str
    key: str
    listed: Callable[[Api, str, Span, str | None], Batch]
    posted: Callable[[Sequence[bytes]], Sequence[Posted | None]]
    gone: Callable[[Api, str, Mapping[str, datetime], Landed], Sequence[bytes]]
    read: Callable[[Api, str, Sequence[bytes], Landed], Sequence[bytes]] | None = None
    dated: bool = False
    part: str | None = None
    parts: Callable[[Api], Sequence[str]] | None = None
    settled: timedelta = timedelta()
    every: timedelta = timedelta(days=7)
    limit: float = 0.1


@dataclass
class Known:
    """What landed of each part: when each record last changed, which are alive, how each read."""

    at: dict[str, dict[str, datetime | None]]
    alive: dict[str, list[str]]
    prints: dict[str, str]

    @classmethod
    def of(cls, sweep: Sweep, landed: Landed) -> Known:
        """What is known now."""
        found = cls(defaultdict(dict), defaultdict(list), {})
        columns = [sweep.key, TABLES[sweep.table].cursor, "_deleted"]
        rows = landed.last(sweep.table, *([sweep.part] if sweep.part else []))
        parts = rows[sweep.part].to_list() if sweep.part else [""] * rows.height
        for part, (key, at, deleted) in zip(parts, rows.select(columns).iter_rows(), strict=True):
            found.at[part][key] = at
            if not deleted:
                found.alive[part].append(key)
        if not sweep.dated:
            for records in landed.records():
                for posted, record in zip(sweep.posted(records), records, strict=True):
                    if posted is not None:
                        found.prints[posted.id] = fingerprint(record)
        return found


@dataclass
class Comparison:
    """One part's list, and what landed of it."""

    by: Sweep
    api: Api
    part: str
    span: Span
    known: Known
    landed: Landed
    seen: set[str] = field(default_factory=set)

    def batches(self) -> Iterator[Batch]:
        """All pages of the list. Raises `AskVendor` where they lead nowhere."""
        asked: set[str | None] = set()
        after: str | None = None
        while after not in asked:
            asked.add(after)
            batch = self.by.listed(self.api, self.part, self.span, after)
            yield batch
            if batch.done or batch.next is None:
                return
            after = batch.next
        raise no_progress(self.api.where)

    def fresh(self, batch: Batch) -> list[bytes]:
        """Records of a page that did not land as they are now."""
        records = [bytes(record) for record in batch.records]
        found = []
        for record, posted in zip(records, self.by.posted(records), strict=True):
            # one that tells no id may be one that is missing: the vendor is asked for those alone
            if posted is None or posted.id in self.seen:
                continue
            if self._is_news(posted, record):
                found.append(record)
            self.seen.add(posted.id)
        if found and self.by.read is not None:
            return list(self.by.read(self.api, self.part, found, self.landed))
        return found

    def _is_news(self, posted: Posted, record: bytes) -> bool:
        if not self.span.since <= posted.at < self.span.until:
            return False
        known = self.known.at[self.part]
        if posted.id not in known:
            return True
        last = known[posted.id]
        if self.by.dated:
            return last is None or posted.at > last
        before = self.known.prints.get(posted.id)
        # a line feed within a record is never part of a value, and is not kept
        return before is not None and before != fingerprint(record.replace(b"\n", b" "))

    def missing(self) -> dict[str, datetime]:
        """Records that landed, should be in the list by their date, and are not."""
        at = self.known.at[self.part]
        return {
            key: moment
            for key in self._alive()
            if key not in self.seen and (moment := at[key]) is not None
        }

    def doubt(self, missing: Mapping[str, datetime]) -> AskVendor | None:
        """Why the list is not to be believed, if it is not."""
        alive = len(self._alive())
        few = _FEW if self.seen else 0
        if len(missing) <= max(few, self.by.limit * alive):
            return None
        listed = f"{alive - len(missing):,} of the {alive:,} records that landed"
        of = f" of {self.part}" if self.part else ""
        return AskVendor(
            "SWEEP-REFUSED",
            self.api.where,
            f"the vendor lists {listed}{of}, which looks like a fault of its list; the "
            f"{len(missing):,} missing ones were not marked as deleted",
            "Look at the vendor. If they really went, raise `sweep_limit` in the source's YAML for "
            "one run; otherwise a later run looks again.",
        )

    def _alive(self) -> list[str]:
        at = self.known.at[self.part]
        return [key for key in self.known.alive[self.part] if self._is_judged(at[key])]

    def _is_judged(self, at: datetime | None) -> bool:
        return at is not None and self.span.since <= at < self.span.until
