"""Recorded JSON pages -> landed packages: raw pages, typed Parquet, checksums, fsync.

Tickets of about 850 bytes and 20 fields, 1,000 a page. The floor decodes the same bytes with
msgspec into typed records and does nothing with them. One core: run under `taskset -c 0`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec
import polars as pl

from benchmarks.measure import Stopwatch, compare
from connectors.landing import Landing, Origin
from connectors.stream import Page, Stream
from connectors.sync import land

WORDS = [
    "parcel",
    "late",
    "refund",
    "order",
    "invoice",
    "broken",
    "tea",
    "box",
    "friendly",
    "answer",
    "again",
    "never",
    "still",
]


class Ticket(msgspec.Struct):
    """A ticket as a help desk sends it."""

    id: int
    url: str
    subject: str | None
    description: str | None
    status: str | None
    priority: str | None
    channel: str | None
    requester_id: int | None
    assignee_id: int | None
    organization_id: int | None
    group_id: int | None
    brand_id: int | None
    external_id: str | None
    is_public: bool
    has_incidents: bool
    created_at: datetime
    updated_at: datetime
    tags: msgspec.Raw
    custom_fields: msgspec.Raw
    satisfaction: msgspec.Raw


def _text(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.String)


TICKETS = Stream(
    record=Ticket,
    tables={
        "cases": {
            "case_id": _text("id"),
            "subject": "subject",
            "description": "description",
            "status": "status",
            "priority": "priority",
            "channel": "channel",
            "person_ref": _text("requester_id"),
            "assignee_ref": _text("assignee_id"),
            "account_ref": _text("organization_id"),
            "team_ref": _text("group_id"),
            "external_id": "external_id",
            "tags": "tags",
            "created_at": "created_at",
            "updated_at": "updated_at",
        }
    },
)


def pages(records: int) -> Iterator[Page]:
    """Pages of 1,000 records, all different."""
    dice = random.Random(7)  # noqa: S311 - not for secrets
    for first in range(0, records, 1000):
        yield Page([_ticket(first + n, dice) for n in range(1000)], cursor=str(first))


def _ticket(number: int, dice: random.Random) -> bytes:
    return msgspec.json.encode(
        {
            "id": number,
            "url": f"https://desk.example.com/api/v2/tickets/{number}.json",
            "subject": " ".join(dice.choices(WORDS, k=6)),
            "description": " ".join(dice.choices(WORDS, k=52)),
            "status": "open",
            "priority": dice.choice(["low", "high"]),
            "channel": dice.choice(["email", "web"]),
            "requester_id": dice.randrange(10**9),
            "assignee_id": None,
            "organization_id": dice.randrange(5000),
            "group_id": dice.randrange(40),
            "brand_id": 1,
            "external_id": None,
            "is_public": True,
            "has_incidents": False,
            "created_at": f"2026-0{dice.randint(1, 9)}-11T10:{dice.randint(10, 59)}:00Z",
            "updated_at": f"2026-10-{dice.randint(10, 30)}T09:00:00Z",
            "tags": dice.sample(WORDS, 2),
            "custom_fields": [{"id": 1, "value": dice.choice(WORDS)}, {"id": 2, "value": None}],
            "satisfaction": {"score": "offered"},
        }
    )


def decode_only(_work: Path, size: int, watch: Stopwatch) -> None:
    """Floor: typed decode, nothing kept."""
    decoder = msgspec.json.Decoder(list[Ticket])
    for page in pages(size):
        with watch:
            decoder.decode(b"[" + b",".join(page.records) + b"]")


def land_packages(work: Path, size: int, watch: Stopwatch) -> None:
    """Ours: land the pages; making them up is not timed."""
    origin = Origin(source="desk", stream="tickets", connector="bench", family="support")
    making = pages(size)

    def untimed() -> Iterator[Page]:
        while True:
            watch.__exit__()
            page = next(making, None)
            watch.__enter__()
            if page is None:
                return
            yield page

    with watch:
        landed = sum(m.counts.accepted for m in land(TICKETS, untimed(), Landing(work), origin))
    if landed != size:
        raise AssertionError(f"{landed} of {size} records landed")


def main(folder: Path, *, small: bool) -> None:
    """Print the comparison."""
    compare("json_pages", ["decode_only", "land_packages"], folder, 50_000 if small else 300_000)
