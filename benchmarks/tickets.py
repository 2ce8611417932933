"""Zendesk's incremental ticket export as page files: envelopes of 1,000 tickets, all different.

Short tickets have the 20 fields that an account without much in use fills (about 850 bytes); full
ones have all 40 (about 1,450 bytes).
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

PAGE = 1000
_WORDS = ["parcel", "late", "refund", "order", "invoice", "broken", "tea", "box", "friendly"]
_WORDS += ["answer", "again", "never", "still", "the", "and", "was", "my", "your", "nobody"]
_WORDS += ["called", "wrong", "colour", "zurück", "schön", "delivery", "twice", "charged"]
_FIELD = 360001234567


def page_files(folder: Path, records: int, *, full: bool = False) -> list[Path]:
    """Files of pages, oldest first; made once for each size and sort."""
    root = folder / f"pages-{'full' if full else 'short'}-{records}"
    if not root.exists():
        root.mkdir()
        dice = random.Random(7)  # noqa: S311 - not for secrets
        for first in range(0, records, PAGE):
            tickets = list(_tickets(first, min(PAGE, records - first), dice, full=full))
            last = first + PAGE >= records
            page = {"tickets": tickets, "after_cursor": f"c{first}", "end_of_stream": last}
            (root / f"{first:09}.json").write_bytes(msgspec.json.encode(page))
    return sorted(root.iterdir())


def _tickets(
    first: int, count: int, dice: random.Random, *, full: bool
) -> Iterator[dict[str, Any]]:
    for number in range(first, first + count):
        ticket = _ticket(number, dice, words=37 if full else 41)
        yield {**ticket, **_rarely_used(ticket)} if full else ticket


def _ticket(number: int, dice: random.Random, words: int) -> dict[str, Any]:
    text = " ".join(dice.choices(_WORDS, k=words))
    day = number % 28 + 1
    return {
        "url": f"https://acme.zendesk.com/api/v2/tickets/{number}.json",
        "id": number,
        "via": {"channel": dice.choice(["email", "web"]), "source": {"from": {}, "rel": None}},
        "created_at": f"2026-{number % 9 + 1:02}-{day:02}T{number % 24:02}:{number % 60:02}:00Z",
        "updated_at": f"2026-10-{day:02}T10:{number % 60:02}:00Z",
        "type": dice.choice(["incident", "question", None]),
        "subject": text[:40],
        "description": text,
        "priority": dice.choice(["low", "normal", "high", None]),
        "status": dice.choice(["open", "hold", "solved", "closed"]),
        "requester_id": 20_978_392 + dice.randrange(90_000),
        "submitter_id": 20_978_392 + dice.randrange(90_000),
        "assignee_id": dice.choice([235_323, 235_324, None]),
        "organization_id": 509_974 + number % 500,
        "group_id": 98_738,
        "tags": dice.sample(["billing", "vip", "delivery", "app"], k=2),
        "custom_fields": [{"id": _FIELD, "value": dice.choice(_WORDS)}],
        "satisfaction_rating": {"score": dice.choice(["good", "offered"])},
        "is_public": True,
        "generated_timestamp": 1_790_000_000 + number,
    }


def _rarely_used(ticket: dict[str, Any]) -> dict[str, Any]:
    """What the export says beyond a short ticket."""
    more = {"id": _FIELD + 1, "value": None}
    return {
        "external_id": None,
        "has_incidents": False,
        "due_at": None,
        "brand_id": 360_000_456_789,
        "raw_subject": ticket["subject"],
        "custom_fields": [*ticket["custom_fields"], more],
        "fields": [*ticket["custom_fields"], more],
        "recipient": "support@acme.example",
        "collaborator_ids": [],
        "follower_ids": [ticket["submitter_id"]],
        "email_cc_ids": [],
        "forum_topic_id": None,
        "problem_id": None,
        "sharing_agreement_ids": [],
        "custom_status_id": 1_500_000_000_000 + ticket["id"] % 9,
        "encoded_id": f"{ticket['id']:06X}-ABCD",
        "followup_ids": [],
        "ticket_form_id": 360_000_765_432,
        "allow_channelback": False,
        "allow_attachments": True,
        "from_messaging_channel": False,
    }
