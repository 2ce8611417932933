"""Ticket events, audits and comments: the history of tickets.

`/incremental/ticket_events` is flat: a change carries the changed field under its own name
(`"status":"solved","previous_value":"open"`). With `include=comment_events` a comment is spelled
out, without it only `comment_present` and `comment_public` are told. `/tickets/{id}/audits` tells
the same as `field_name`, `value`, `previous_value`.

Sources: developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports
(comment events), /documentation/ticketing/reference-guides/ticket-audit-events-reference; the
flat form of a change as public clients parse it.
"""

from __future__ import annotations

import polars as pl

from connectors.sandbox.vendors.protocol import Call
from connectors.sandbox.vendors.render import encoded, epoch, iso, joined, record, texts
from connectors.sandbox.vendors.world import World

from .comments import comment_event, comments_with
from .paging import Export

_VIA_WORDS = {"web": "Web form", "email": "Mail", "voice": "Phone call (inbound)", "chat": "Chat"}

SYSTEM = {"client": None, "location": None, "latitude": None, "longitude": None}

_EVENT = ("id", "ticket_id", "updater_id", "ts", "at", "channel")


def exported_events(world: World, _call: Call) -> pl.DataFrame:
    """One row per event, with where its children begin and how many they are."""
    return world.records.memo(
        "zendesk events",
        lambda: (
            _children(world)
            .with_row_index("begin")
            .group_by("id", maintain_order=True)
            .agg(
                pl.col("begin", "ts", "at", "ticket_id", "updater_id", "channel").first(),
                size=pl.len(),
            )
        ),
    )


def _children(world: World) -> pl.DataFrame:
    """Child events by the second of their event; the events of one second by id."""
    return world.records.memo(
        "zendesk children",
        lambda: (
            world.records.current("zendesk_ticket_events")
            .with_columns(ts=epoch(pl.col("at").max().over("id")))
            .sort("ts", "id", "child_id")
        ),
    )


def with_comments(world: World, events: pl.DataFrame) -> pl.DataFrame:
    """The children of some events, each with its comment as it now reads."""
    children = _children(world)
    first, last = events["begin"].min(), (events["begin"] + events["size"]).max()
    children = children.slice(int(first), int(last) - int(first))  # type: ignore[arg-type]
    children = children.filter(pl.col("id").is_in(events["id"].implode()))
    wanted = comments_with(world, children["comment_id"].drop_nulls().unique())
    return children.join(wanted, on="comment_id", how="left", maintain_order="left")


def _encode_events(world: World, call: Call, events: pl.DataFrame) -> list[str]:
    if events.is_empty():
        return []
    spelled = "comment_events" in call.query.get("include", "").split(",")
    grouped = with_comments(world, events).group_by("id", maintain_order=True)
    merged = grouped.agg(children=_child(spelled=spelled).str.join(","))
    event = record(
        {
            "id": "id",
            "ticket_id": "ticket_id",
            "timestamp": "ts",
            "created_at": iso("at"),
            "updater_id": "updater_id",
            "via": _via_words(),
            "event_type": pl.lit("Audit"),
        },
        {
            "child_events": joined("[", pl.col("children"), "]"),
            "system": SYSTEM,
            "metadata": {},
        },
    )
    return texts(events.join(merged, on="id", how="left", maintain_order="left"), event)


def _child(*, spelled: bool) -> pl.Expr:
    start = joined('{"id":', child_id().cast(pl.String), ',"via_reference_id":null,')
    plain = joined('"via":', encoded(_via_words()), ",")
    named = joined('"', pl.col("field").fill_null("unknown"), '":', value("value"))
    created = joined(plain, named, ',"event_type":"Create"}')
    changed = joined(
        plain, named, ',"previous_value":', value("previous_value"), ',"event_type":"Change"}'
    )
    redacted = joined(
        plain, '"comment_id":', _number("comment_id"), ',"event_type":"CommentRedactEvent"}'
    )
    public = encoded(pl.col("comment_public")).fill_null("null")
    hinted = joined(
        plain, '"comment_present":true,"comment_public":', public, ',"event_type":"Comment"}'
    )
    comment = comment_event() if spelled else hinted
    kind = pl.col("event_type")
    return joined(
        start,
        pl.when(kind == "Create")
        .then(created)
        .when(kind == "Comment")
        .then(comment)
        .when(kind == "CommentRedactEvent")
        .then(redacted)
        .otherwise(changed),
    )


def child_id() -> pl.Expr:
    """A comment is an event of its audit: one id for both."""
    is_comment = pl.col("event_type") == "Comment"
    return pl.when(is_comment).then(pl.col("comment_id")).otherwise(pl.col("child_id"))


def _via_words() -> pl.Expr:
    return pl.col("channel").replace_strict(_VIA_WORDS, default="Web service")


def _number(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.String).fill_null("null")


def value(column: str) -> pl.Expr:
    """A changed value as JSON: ids are numbers, everything else text."""
    number = pl.col("field").str.ends_with("_id") & pl.col(column).str.contains(r"^\d+$")
    return pl.when(number).then(pl.col(column)).otherwise(encoded(pl.col(column))).fill_null("null")


EVENTS = Export("ticket_events", "zendesk_ticket_events", exported_events, _encode_events)
