"""Audits: the history of one ticket.

Source: developer.zendesk.com/documentation/ticketing/reference-guides,
"Ticket Audit events reference".
"""

from __future__ import annotations

import polars as pl

from connectors.sandbox.vendors.protocol import Call
from connectors.sandbox.vendors.render import iso, joined, record, texts
from connectors.sandbox.vendors.world import World

from .comments import comment_event, ticket_id
from .events import SYSTEM, child_id, exported_events, value, with_comments
from .paging import Export
from .tickets import via


def _events_of(world: World, call: Call) -> pl.DataFrame:
    wanted = ticket_id(world, call)
    return exported_events(world, call).filter(pl.col("ticket_id") == wanted)


def _encode_audits(world: World, _call: Call, events: pl.DataFrame) -> list[str]:
    if events.is_empty():
        return []
    merged = (
        with_comments(world, events)
        .group_by("id", maintain_order=True)
        .agg(children=_audit_event().str.join(","))
    )
    audit = record(
        {
            "id": "id",
            "ticket_id": "ticket_id",
            "created_at": iso("at"),
            "author_id": "updater_id",
        },
        {
            "metadata": {"system": SYSTEM, "custom": {}},
            "events": joined("[", pl.col("children"), "]"),
            "via": via(),
        },
    )
    return texts(events.join(merged, on="id", how="left", maintain_order="left"), audit)


def _audit_event() -> pl.Expr:
    changed = record(
        {"id": "child_id", "type": "event_type", "field_name": "field"},
        {"value": value("value"), "previous_value": value("previous_value")},
    )
    redacted = record({"id": "child_id", "type": "event_type", "comment_id": "comment_id"})
    comment = joined('{"id":', child_id().cast(pl.String), ",", comment_event())
    kind = pl.col("event_type")
    return (
        pl.when(kind == "Comment")
        .then(comment)
        .when(kind == "CommentRedactEvent")
        .then(redacted)
        .otherwise(changed)
    )


AUDITS = Export("audits", "zendesk_ticket_events", _events_of, _encode_audits)
