"""Comments: of one ticket, and as what an event or an audit holds.

A redaction rewrites the comment in place, so the words that were taken out are in no answer any
more, the event that once brought them included.

Source: developer.zendesk.com/api-reference/ticketing/tickets/ticket_comments.
"""

from __future__ import annotations

import polars as pl

from connectors.sandbox.vendors.protocol import Call, Refuse, Why
from connectors.sandbox.vendors.render import encoded, iso, joined, record, texts
from connectors.sandbox.vendors.world import World

from .paging import Export
from .tickets import via


def comments_of(world: World, call: Call) -> pl.DataFrame:
    """The comments of one ticket, oldest first."""
    wanted = ticket_id(world, call)
    return (
        world.records.current("zendesk_comments")
        .filter(pl.col("ticket_id") == wanted)
        .sort("created_at", "id")
    )


def ticket_id(world: World, call: Call) -> int:
    """The id in the path, if there is such a ticket; a deleted one is in exports alone."""
    text = call.params["id"]
    if not text.isdecimal():
        raise Refuse(Why.BAD_PARAMETER, "id")
    tickets = world.records.current("zendesk_tickets").filter(pl.col("status") != "deleted")
    if int(text) not in world.records.memo("ticket ids", lambda: set(tickets["id"].to_list())):
        raise Refuse(Why.UNKNOWN_RECORD)
    return int(text)


def comments_with(world: World, ids: pl.Series) -> pl.DataFrame:
    """The comments with these ids, and maybe others: looked up, since a join reads them all."""
    ours = pl.exclude("at", "ticket_id", "channel", "until", "first").name.prefix("comment_")
    known = world.records.memo(
        "comments by id",
        lambda: world.records.current("zendesk_comments").select(ours).sort("comment_id"),
    )
    at = known["comment_id"].search_sorted(ids)
    return known[at.filter(at < known.height).unique()]


def comment_event() -> pl.Expr:
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


def _encode_comments(_world: World, call: Call, rows: pl.DataFrame) -> list[str]:
    return texts(rows, _comment(call))


COMMENTS = Export("comments", "zendesk_comments", comments_of, _encode_comments)
