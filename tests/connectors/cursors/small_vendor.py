"""A vendor in memory, and somebody who reads it page by page and may be cut off at any of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from connectors.cursors import Batch, Cursor, Posted, Reading, Span
from connectors.http import Api
from connectors.landing import Window

BEGIN = datetime(2026, 1, 1)  # noqa: DTZ001 - cursors speak naive UTC
SECOND = timedelta(seconds=1)


def at(seconds: float) -> datetime:
    """A moment, so many seconds after the beginning."""
    return BEGIN + timedelta(seconds=seconds)


@dataclass
class Vendor:
    """Records with an id, when they were made, and when they last changed.

    Args:
        size: Records a page.
        most: Records of one second that a page can hold, where whole seconds are told.
    """

    size: int = 3
    most: int = 1000
    now: int = 100
    changes: int = 0
    asked: int = 0
    rows: dict[int, dict[str, Any]] = field(default_factory=dict)
    moves: list[Callable[[], None]] = field(default_factory=list)

    where: str = "desk.things"

    def api(self) -> Api:
        """What stands in for the network."""
        return cast("Api", _Api(self))

    def put(self, *, of: int | None = None, **more: object) -> int:
        """Make a record, or change one; its change is dated now."""
        self.changes += 1
        key = of or max(self.rows, default=0) + 1
        made = self.rows.get(key, {"id": key, "made": self.now})
        self.rows[key] = made | {"changed": self.now, "seq": self.changes} | more
        return key

    def drop(self, key: int) -> None:
        """Let a record vanish without a word."""
        self.rows.pop(key, None)

    def sorted(self, *by: str) -> list[dict[str, Any]]:
        """All records in an order."""
        return sorted(self.rows.values(), key=lambda row: [row[name] for name in by])

    def answered(self) -> None:
        """Count a page; what is to happen between two pages happens now."""
        self.asked += 1
        if self.moves:
            self.moves.pop(0)()

    # --- readers, one for each kind of cursor ---------------------------------------------------

    def by_position(self, _api: Api, position: str | None, _since: datetime) -> Batch:
        """Changes in the order in which they came to be."""
        after = int(position or 0)
        rows = [row for row in self.sorted("seq") if row["seq"] > after]
        page = rows[: self.size]
        following = str(page[-1]["seq"]) if page else position
        batch = Batch(told(page), next=following, done=len(rows) <= self.size)
        self.answered()
        return batch

    def by_full_pages(self, _api: Api, position: str | None, _since: datetime) -> Batch:
        """As before, but the last page has no position behind it."""
        after = int(position or 0)
        rows = [row for row in self.sorted("seq") if row["seq"] > after]
        page = rows[: self.size]
        more = len(rows) > self.size
        batch = Batch(told(page), next=str(page[-1]["seq"]) if more else None, done=not more)
        self.answered()
        return batch

    def by_time(self, _api: Api, since: datetime) -> Batch:
        """What is not older than a time, whole seconds at once, as Zendesk does."""
        start = int((since - BEGIN).total_seconds())
        rows = [row for row in self.sorted("changed", "id") if row["changed"] >= start]
        first = [row for row in rows if row["changed"] == start]
        page = first if len(first) >= self.most else rows[: len(first) + self.size]
        if page:
            page = [row for row in rows if row["changed"] <= page[-1]["changed"]]
        newest = page[-1]["changed"] if page else None
        batch = Batch(
            told(page),
            latest=None if newest is None else at(newest),
            ties=told([row for row in page if row["changed"] == newest]),
            done=len(page) == len(rows),
        )
        self.answered()
        return batch

    def by_window(self, date: str) -> Callable[[Api, Span, str | None], Batch]:
        """Records dated within a stretch, by id."""

        def fetch(_api: Api, span: Span, after: str | None) -> Batch:
            rows = [
                row
                for row in self.sorted("id")
                if span.since <= at(row[date]) < span.until and row["id"] > int(after or 0)
            ]
            page = rows[: self.size]
            following = str(page[-1]["id"]) if page else None
            batch = Batch(told(page), next=following, done=len(rows) <= self.size)
            self.answered()
            return batch

        return fetch

    def newest_first(self, _api: Api, position: str | None) -> Batch:
        """The newest first, by place, which moves when something is added or goes."""
        place = int(position or 0)
        rows = self.sorted("made", "id")[::-1]
        page = rows[place : place + self.size]
        more = place + self.size < len(rows)
        batch = Batch(told(page), next=str(place + self.size) if more else None, done=not more)
        self.answered()
        return batch

    def whole(self, _api: Api, position: str | None, _reading: Reading) -> Batch:
        """The whole list, by place."""
        place = int(position or 0)
        rows = self.sorted("id")
        more = place + self.size < len(rows)
        page = rows[place : place + self.size]
        batch = Batch(told(page), next=str(place + self.size) if more else None, done=not more)
        self.answered()
        return batch


@dataclass
class _Api:
    vendor: Vendor

    @property
    def where(self) -> str:
        return self.vendor.where

    def now(self) -> datetime:
        return at(self.vendor.now)


def told(rows: Sequence[dict[str, Any]]) -> list[bytes]:
    """Records as JSON."""
    return [json.dumps(row).encode() for row in rows]


def posted(date: str) -> Callable[[Sequence[bytes]], list[Posted | None]]:
    """Ids and dates, as cursors want them; of odd records none."""

    def read(records: Sequence[bytes]) -> list[Posted | None]:
        found = [json.loads(record) for record in records]
        return [Posted(str(row["id"]), at(row[date])) if "id" in row else None for row in found]

    return read


def gone(key: str, moment: datetime, _api: Api) -> bytes:
    """What says of a record that it is gone."""
    made = int((moment - BEGIN).total_seconds())
    return json.dumps({"id": int(key), "made": made, "gone": True}).encode()


@dataclass
class Desk:
    """Lands pages one by one; the position is the last landed page's."""

    vendor: Vendor
    cursor: Cursor
    at: str | None = None
    landed: list[bytes] = field(default_factory=list)
    pages: int = 0
    only: tuple[str, ...] = ()

    def run(self, cut_off_at: int | None = None, window: Window | None = None) -> int:
        """Read until the end, or until cut off: that page is read and not landed.

        Returns how many records landed.
        """
        before = len(self.landed)
        reading = Reading(BEGIN, window, self.only)
        pages = self.cursor.pages(self.vendor.api(), self.at, reading)
        for number, page in enumerate(pages):
            if number == cut_off_at:
                break
            self.pages += 1
            self.landed += page.records
            if window is None:
                self.at = page.cursor
        return len(self.landed) - before

    @property
    def current(self) -> dict[int, dict[str, Any]]:
        """Of each record what landed last, without the gone ones."""
        last: dict[int, dict[str, Any]] = {}
        for record in self.landed:
            row = json.loads(record)
            last[row["id"]] = row
        return {key: row for key, row in last.items() if "gone" not in row}
