"""What was said on Zendesk's tickets, and what was changed, in the contracts' terms."""

from __future__ import annotations

import polars as pl

from connectors.stream import Rows
from connectors.vendors.mapping import epoch, text
from connectors.vendors.zendesk.tickets import CHANNELS

_FIELDS = {
    "status": "status",
    "priority": "priority",
    "subject": "subject",
    "tags": "tags",
    "assignee_id": "assignee_ref",
    "group_id": "team_ref",
    "requester_id": "person_ref",
    "organization_id": "account_ref",
}
"""Ticket fields whose changes are told, and their names in `cases`."""


def _role(person: str) -> pl.Expr:
    """Whether somebody answers for the company; -1 is Zendesk itself, nobody is not guessed."""
    return (
        pl.when(pl.col(person).is_null())
        .then(None)
        .when(pl.col(person) == -1)
        .then(pl.lit("system"))
        .when(pl.col("agents").list.contains(pl.col(person)).fill_null(value=False))
        .then(pl.lit("agent"))
        .otherwise(pl.lit("customer"))
    )


def _told(value: pl.Expr) -> pl.Expr:
    """A changed value as plain text; states in the contract's words."""
    plain = pl.when(value != "null").then(value.str.json_path_match("$"))
    is_status = pl.col("child_events.status").is_not_null()
    return pl.when(is_status & (plain == "hold")).then(pl.lit("on_hold")).otherwise(plain)


_KIND = pl.col("child_events.event_type")
_MERGED_INTO = pl.col("child_events.via").str.json_path_match("$.source.to.ticket_id")
_IS_MERGE = (_KIND == "Comment") & _MERGED_INTO.is_not_null()

MESSAGES = Rows(
    each="child_events",
    where=(_KIND == "Comment") & pl.col("child_events.public").is_not_null(),
    columns={
        "case_id": text("ticket_id"),
        "message_id": text("child_events.id"),
        "author_role": _role("child_events.author_id"),
        "author_ref": text("child_events.author_id"),
        "is_public": "child_events.public",
        "channel": pl.col("child_events.via")
        .str.json_path_match("$.channel")
        .replace_strict(CHANNELS, default=None),
        "body": "child_events.body",
        "created_at": pl.coalesce("child_events.created_at", epoch("timestamp")),
        "updated_at": epoch("timestamp"),
    },
)

LOST = Rows(
    # what they said was to be taken out, and how they read now nobody tells
    over=pl.col("lost"),
    columns={
        "case_id": text("ticket_id"),
        "message_id": text("item"),
        # no tombstone passes the raw gate without these three
        "author_role": pl.lit("system"),
        "is_public": pl.lit(value=False),
        "created_at": epoch("timestamp"),
        "updated_at": epoch("timestamp"),
        "_deleted": pl.lit(value=True),
    },
)

CHANGES = Rows(
    each="child_events",
    where=(_KIND != "Comment") | _IS_MERGE,
    columns={
        "case_id": text("ticket_id"),
        "change_id": text("child_events.id"),
        "field": pl.coalesce(
            pl.when(_IS_MERGE).then(pl.lit("merged_into_ref")),
            *(
                pl.when(pl.col(f"child_events.{field}").is_not_null()).then(pl.lit(column))
                for field, column in _FIELDS.items()
            ),
            # of other changes the attributes tell what they were
            pl.lit("other"),
        ),
        "old_value": _told(pl.col("child_events.previous_value")),
        "new_value": pl.coalesce(
            pl.when(_IS_MERGE).then(_MERGED_INTO),
            _told(pl.coalesce(f"child_events.{field}" for field in _FIELDS)),
        ),
        "changed_by": _role("updater_id"),
        "changed_by_ref": text("updater_id"),
        "changed_at": epoch("timestamp"),
    },
)
