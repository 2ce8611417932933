"""Comments that words were taken out of: an event tells that it happened, and not what is left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta

import msgspec

from connectors.http import Api, Missing
from connectors.vendors.reading import each, is_there, spliced
from connectors.vendors.zendesk.pages import Glance, all_pages


def redacted(api: Api, glance: Glance, agents: frozenset[int]) -> list[bytes]:
    """Comments that an event took words out of, as they read now, in an event of their own.

    A comment that cannot be read any more is told to be gone: its old words must not stay.
    """
    wanted = {
        child.comment_id
        for child in glance.child_events
        if child.event_type == "CommentRedactEvent" and child.comment_id is not None
    }
    if not wanted:
        return []
    path = f"tickets/{glance.ticket_id}"
    found = dict(_comments(api, path, wanted))
    again: dict[str, object] = {
        "id": glance.id,
        "ticket_id": glance.ticket_id,
        "timestamp": glance.timestamp,
        "updater_id": glance.updater_id,
        "child_events": [msgspec.Raw(comment) for comment in found.values()],
        "_agents": sorted(agents),
    }
    lost = sorted(wanted - found.keys())
    if lost:
        again["_lost"] = lost
    if not found and not is_there(api, path):
        again["_gone_at"] = _midnight(api)
    return [msgspec.json.encode(again)]


def _comments(api: Api, ticket: str, wanted: set[int]) -> Iterator[tuple[int, bytes]]:
    """Comments of a ticket with these ids, as children of an event; none if it is gone."""
    with suppress(Missing):
        for page in all_pages(api, f"{ticket}/comments"):
            for record, comment in zip(page.comments, each(page.comments, Glance), strict=True):
                if comment is not None and comment.id in wanted:
                    yield comment.id, spliced(record, "event_type", "Comment")


def _midnight(api: Api) -> datetime:
    """The end of the day: later than all that was told, and the same when it is asked again."""
    return datetime.combine(api.now().date() + timedelta(days=1), time(), UTC)
