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

from connectors.sandbox.vendors.protocol import Call, Refuse, Reply, Why
from connectors.sandbox.vendors.render import encoded, epoch, iso, joined, record, texts
from connectors.sandbox.vendors.world import World

from .paging import Export, as_list
from .tickets import via

_VIA_WORDS = {"web": "Web form", "email": "Mail", "voice": "Phone call (inbound)", "chat": "Chat"}
_SYSTEM = {"client": None, "location": None, "latitude": None, "longitude": None}
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


def comments_of(world: World, call: Call) -> pl.DataFrame:
    """The comments of one ticket, oldest first."""
    wanted = _ticket_id(world, call)
    return (
        world.records.current("zendesk_comments")
        .filter(pl.col("ticket_id") == wanted)
        .sort("created_at", "id")
    )


def comments(world: World, call: Call) -> Reply:
    """`/tickets/{id}/comments`."""
    return as_list(COMMENTS, world, call)


def audits(world: World, call: Call) -> Reply:
    """`/tickets/{id}/audits`."""
    return as_list(AUDITS, world, call)


def _ticket_id(world: World, call: Call) -> int:
    """The id in the path, if there is such a ticket."""
    text = call.params["id"]
    if not text.isdecimal():
        raise Refuse(Why.BAD_PARAMETER, "id")
    tickets = world.records.current("zendesk_tickets")
    if int(text) not in world.records.memo("ticket ids", lambda: set(tickets["id"].to_list())):
        raise Refuse(Why.UNKNOWN_RECORD)
    return int(text)


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


def _events_of(world: World, call: Call) -> pl.DataFrame:
    wanted = _ticket_id(world, call)
    return exported_events(world, call).filter(pl.col("ticket_id") == wanted)


def _with_comments(world: World, events: pl.DataFrame) -> pl.DataFrame:
    """The children of some events, each with its comment as it now reads."""
    children = _children(world)
    first, last = events["begin"].min(), (events["begin"] + events["size"]).max()
    children = children.slice(int(first), int(last) - int(first))  # type: ignore[arg-type]
    children = children.filter(pl.col("id").is_in(events["id"].implode()))
    wanted = world.records.current("zendesk_comments").select(
        pl.exclude("at", "ticket_id", "channel", "until", "first").name.prefix("comment_"),
    )
    return children.join(wanted, on="comment_id", how="left", maintain_order="left")


def _encode_events(world: World, call: Call, events: pl.DataFrame) -> list[str]:
    if events.is_empty():
        return []
    spelled = "comment_events" in call.query.get("include", "").split(",")
    grouped = _with_comments(world, events).group_by("id", maintain_order=True)
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
            "system": _SYSTEM,
            "metadata": {},
        },
    )
    return texts(events.join(merged, on="id", how="left", maintain_order="left"), event)


def _child(*, spelled: bool) -> pl.Expr:
    start = joined('{"id":', pl.col("child_id").cast(pl.String), ',"via_reference_id":null,')
    plain = joined('"via":', encoded(_via_words()), ",")
    named = joined('"', pl.col("field").fill_null("unknown"), '":', _value("value"))
    created = joined(plain, named, ',"event_type":"Create"}')
    changed = joined(
        plain, named, ',"previous_value":', _value("previous_value"), ',"event_type":"Change"}'
    )
    redacted = joined(
        plain, '"comment_id":', _number("comment_id"), ',"event_type":"CommentRedactEvent"}'
    )
    public = encoded(pl.col("comment_public")).fill_null("null")
    hinted = joined(
        plain, '"comment_present":true,"comment_public":', public, ',"event_type":"Comment"}'
    )
    comment = _comment_event() if spelled else hinted
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


def _comment_event() -> pl.Expr:
    """A comment spelled out: what follows the child's id."""
    body = pl.col("comment_body")
    text = record(
        {
            "type": pl.lit("Comment"),
            "author_id": "comment_author_id",
            "body": body,
            "html_body": _html(body),
            "plain_body": body,
            "public": "comment_public",
            "audit_id": "id",
            "created_at": iso("comment_created_at"),
            "event_type": pl.lit("Comment"),
        },
        {"via": _comment_via("comment_"), "attachments": []},
    )
    return text.str.slice(1)


def _comment(_call: Call) -> pl.Expr:
    body = pl.col("body")
    return record(
        {
            "id": "id",
            "type": pl.lit("Comment"),
            "author_id": "author_id",
            "body": body,
            "html_body": _html(body),
            "plain_body": body,
            "public": "public",
            "audit_id": "id",
            "created_at": iso("created_at"),
        },
        {
            "via": _comment_via(""),
            "attachments": [],
            "metadata": {"system": {}, "custom": {}},
        },
    )


def _comment_via(prefix: str) -> pl.Expr:
    """A comment's `via`; one that a merge wrote names the other ticket."""
    away, kept = pl.col(f"{prefix}merged_to"), pl.col(f"{prefix}merged_from")
    start = ('{"channel":', encoded(pl.col("channel")), ',"source":{"from":{')
    to = joined(*start, '},"to":{"ticket_id":', away.cast(pl.String), '},"rel":"merge"}}')
    source = joined(*start, '"ticket_id":', kept.cast(pl.String), '},"to":{},"rel":"merge"}}')
    return (
        pl.when(away.is_not_null()).then(to).when(kept.is_not_null()).then(source).otherwise(via())
    )


def _html(body: pl.Expr) -> pl.Expr:
    lines = body.str.replace_all("&", "&amp;", literal=True).str.replace_all(
        "<", "&lt;", literal=True
    )
    return joined(
        '<div class="zd-comment" dir="auto">',
        lines.str.replace_all("\n", "<br>", literal=True),
        "</div>",
    )


def _via_words() -> pl.Expr:
    return pl.col("channel").replace_strict(_VIA_WORDS, default="Web service")


def _number(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.String).fill_null("null")


def _value(column: str) -> pl.Expr:
    """A changed value as JSON: ids are numbers, everything else text."""
    number = pl.col("field").str.ends_with("_id") & pl.col(column).str.contains(r"^\d+$")
    return pl.when(number).then(pl.col(column)).otherwise(encoded(pl.col(column))).fill_null("null")


def _encode_comments(_world: World, call: Call, rows: pl.DataFrame) -> list[str]:
    return texts(rows, _comment(call))


def _encode_audits(world: World, _call: Call, events: pl.DataFrame) -> list[str]:
    if events.is_empty():
        return []
    merged = (
        _with_comments(world, events)
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
            "metadata": {"system": _SYSTEM, "custom": {}},
            "events": joined("[", pl.col("children"), "]"),
            "via": via(),
        },
    )
    return texts(events.join(merged, on="id", how="left", maintain_order="left"), audit)


def _audit_event() -> pl.Expr:
    changed = record(
        {"id": "child_id", "type": "event_type", "field_name": "field"},
        {"value": _value("value"), "previous_value": _value("previous_value")},
    )
    redacted = record({"id": "child_id", "type": "event_type", "comment_id": "comment_id"})
    comment = joined('{"id":', pl.col("child_id").cast(pl.String), ",", _comment_event())
    kind = pl.col("event_type")
    return (
        pl.when(kind == "Comment")
        .then(comment)
        .when(kind == "CommentRedactEvent")
        .then(redacted)
        .otherwise(changed)
    )


EVENTS = Export("ticket_events", "zendesk_ticket_events", exported_events, _encode_events)
COMMENTS = Export("comments", "zendesk_comments", comments_of, _encode_comments)
AUDITS = Export("audits", "zendesk_ticket_events", _events_of, _encode_audits)
