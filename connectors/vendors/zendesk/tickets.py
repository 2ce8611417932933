"""What Zendesk's tickets, their metric sets and ratings say in the contracts' terms."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from connectors.stream import Column, Rows
from connectors.vendors.mapping import epoch, given, renamed, text

CHANNELS = {
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

CASES: Mapping[str, Column] = {
    "case_id": text("id"),
    "subject": "subject",
    "description": "description",
    "status": renamed("status", _STATUSES),
    "priority": "priority",
    "channel": renamed("via.channel", CHANNELS, "other"),
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
