"""What Zendesk's records say in the contracts' terms."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from connectors.stream import Column, Rows
from connectors.vendors.mapping import epoch, given, renamed, text

_CHANNELS = {
    "email": "email",
    "web": "web",
    "web_form": "web",
    "help_center": "web",
    "mobile": "web",
    "web_widget": "web",
    "chat": "chat",
    "native_messaging": "chat",
    "voice": "phone",
    "sms": "phone",
    "twitter": "social",
    "facebook": "social",
    "social": "social",
    "any_channel": "social",
}
_STATUSES = {s: s for s in ("new", "open", "pending", "solved", "closed")} | {"hold": "on_hold"}
_ADDRESSES = {"email": "email", "phone_number": "phone"}
"""Types of identities by which one can be written to or called; others are accounts elsewhere."""
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

CASES: Mapping[str, Column] = {
    "case_id": text("id"),
    "subject": "subject",
    "description": "description",
    "status": renamed("status", _STATUSES),
    "priority": "priority",
    "channel": renamed("via.channel", _CHANNELS, "other"),
    "person_ref": text("requester_id"),
    "account_ref": text("organization_id"),
    "assignee_ref": text("assignee_id"),
    "team_ref": text("group_id"),
    "opened_by": pl.when(pl.col("submitter_id") == pl.col("requester_id"))
    .then(pl.lit("customer"))
    .when(pl.col("submitter_id").is_not_null())
    .then(pl.lit("agent")),
    "is_rating_asked": pl.col("satisfaction_rating").str.json_path_match("$.score") != "unoffered",
    "tags": "tags",
    "created_at": "created_at",
    "updated_at": "updated_at",
    "_deleted": (pl.col("status") == "deleted").fill_null(value=False),
}

_CLOCKS = {
    "first_reply": "reply_time",
    "first_resolution": "first_resolution_time",
    "resolution": "full_resolution_time",
    "requester_wait": "requester_wait_time",
    "agent_wait": "agent_wait_time",
}
"""Our clocks, and their names in Zendesk's metric sets."""


def _stated(clock: str, metric: str) -> Rows:
    """A clock as a ticket's metric set shows it; one that runs still is told as empty."""
    shown = pl.col(f"metric_set.{metric}_in_minutes.calendar")
    at_work = pl.col(f"metric_set.{metric}_in_minutes.business")
    return Rows(
        where=pl.col("metric_set.id").is_not_null(),
        columns={
            "case_id": text("id"),
            "clock": pl.lit(clock),
            "minutes": shown.cast(pl.Float64),
            "business_minutes": at_work.cast(pl.Float64),
            "updated_at": "updated_at",
        },
    )


STATED = [_stated(clock, metric) for clock, metric in _CLOCKS.items()]

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
        .replace_strict(_CHANNELS, default=None),
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

GONE = Rows(
    where=pl.col("gone_at").is_not_null(),
    columns={
        "case_id": text("ticket_id"),
        # no tombstone passes the raw gate without it
        "created_at": epoch("timestamp"),
        "updated_at": "gone_at",
        "_deleted": pl.lit(value=True),
    },
)
"""Tickets that were deleted for good."""

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

RATINGS = Rows(
    # the others are offers that nobody took
    where=pl.col("score").str.contains("^(good|bad)"),
    columns={
        "rating_id": text("id"),
        "case_id": text("ticket_id"),
        "person_ref": text("requester_id"),
        "score": pl.col("score").str.starts_with("good").cast(pl.Float64),
        "scale_min": pl.lit(0.0),
        "scale_max": pl.lit(1.0),
        "comment": given("comment"),
        "rated_at": "updated_at",
        "updated_at": "updated_at",
    },
)

_CUSTOMER = (pl.col("role") == "end-user").fill_null(value=True)
_GONE = ~pl.col("active").fill_null(value=True)

PEOPLE = Rows(
    where=_CUSTOMER,
    columns={
        "person_ref": text("id"),
        "email": given("email"),
        "phone": given("phone"),
        "external_id": given("external_id"),
        "account_ref": text("organization_id"),
        "full_name": given("name"),
        "language": "locale",
        "created_at": "created_at",
        "updated_at": "updated_at",
        "_deleted": _GONE,
    },
)

_ADDRESS = given("identities.value")
ADDRESSES = Rows(
    each="identities",
    where=_CUSTOMER
    & pl.col("identities.type").is_in(list(_ADDRESSES))
    # a user's main addresses are identities too
    & _ADDRESS.ne_missing(given("email"))
    & _ADDRESS.ne_missing(given("phone"))
    & _ADDRESS.is_not_null(),
    distinct=True,
    columns={
        "person_ref": text("id"),
        "kind": renamed("identities.type", _ADDRESSES),
        "value": _ADDRESS,
        "person_updated_at": "updated_at",
        "_deleted": _GONE,
    },
)

ACCOUNTS: Mapping[str, Column] = {
    "account_ref": text("id"),
    "name": "name",
    "external_id": given("external_id"),
    "domain": pl.col("domain_names").list.first(),
    "created_at": "created_at",
    "updated_at": "updated_at",
    "_deleted": pl.col("deleted_at").is_not_null(),
}

TEAMS: Mapping[str, Column] = {
    "team_ref": text("id"),
    "name": "name",
    "updated_at": "updated_at",
}
