"""Tickets and users as Zendesk exports them.

Field sets after developer.zendesk.com/api-reference/ticketing/tickets/tickets and /users/users;
which are null is as live accounts show it, not as the vendor's description says.
"""

from __future__ import annotations

import polars as pl

from connectors.sandbox.vendors.protocol import Call
from connectors.sandbox.vendors.render import encoded, epoch, iso, joined, record
from connectors.sandbox.vendors.world import World

from .merges import TAG
from .paging import Export, by_expression

TOPIC_FIELD = 360001234567
"""The custom field `Topic`; its name stands in /ticket_fields alone."""
BRAND = 360000456789


_LINKS: dict[str, object] = {
    "collaborator_ids": [],
    "follower_ids": [],
    "email_cc_ids": [],
    "forum_topic_id": None,
    "problem_id": None,
    "has_incidents": False,
    "is_public": True,
    "due_at": None,
}
_SETTINGS: dict[str, object] = {
    "sharing_agreement_ids": [],
    "custom_status_id": None,
    "followup_ids": [],
    "ticket_form_id": None,
    "brand_id": BRAND,
    "allow_channelback": False,
    "allow_attachments": True,
    "from_messaging_channel": False,
}
_USER: dict[str, object] = {
    "time_zone": "UTC",
    "iana_time_zone": "Etc/UTC",
    "shared_phone_number": None,
    "photo": None,
    "locale_id": 1,
    "tags": [],
    "alias": None,
    "shared": False,
    "shared_agent": False,
    "last_login_at": None,
    "two_factor_auth_enabled": None,
    "signature": None,
    "details": None,
    "notes": None,
    "custom_role_id": None,
    "ticket_restriction": None,
    "only_private_comments": False,
    "restricted_agent": False,
    "suspended": False,
    "default_group_id": None,
    "report_csv": False,
    "user_fields": {},
}
"""What is the same of every ticket and user here: nobody uses these fields."""


def exported_tickets(world: World, call: Call) -> pl.DataFrame:
    """Tickets by the second of their last change, deleted ones too unless `exclude_deleted`."""
    without = call.flag("exclude_deleted")

    def make() -> pl.DataFrame:
        tickets = world.records.current("zendesk_tickets").with_columns(ts=epoch("at"))
        shown = tickets.filter(pl.col("status") != "deleted") if without else tickets
        return shown.sort("ts", "id")

    return world.records.memo(("zendesk tickets", without), make)


def _live(world: World, call: Call) -> pl.DataFrame:
    """Tickets that can be asked for by themselves: deleted ones are in exports alone."""
    return exported_tickets(world, call).filter(pl.col("status") != "deleted")


def exported_users(world: World, _call: Call) -> pl.DataFrame:
    """Users by the second of their last change, without those deleted for good."""

    def make() -> pl.DataFrame:
        # a new address changes its user: the export would not tell of it otherwise
        addressed = world.records.current("zendesk_identities").group_by(id="user_id")
        users = world.records.current("zendesk_users").join(
            addressed.agg(addressed=pl.col("at").max()), on="id", how="left"
        )
        return (
            users.filter(~pl.col("deleted").fill_null(value=False))
            .with_columns(at=pl.max_horizontal("at", "addressed"))
            .with_columns(ts=epoch("at"))
            .drop("addressed")
            .sort("ts", "id")
        )

    return world.records.memo("zendesk users", make)


def ticket(call: Call) -> pl.Expr:
    """A ticket as JSON."""
    merged = pl.col("merged_into_id").is_not_null() & ~pl.col("tags").list.contains(TAG)
    tags = pl.col("tags").fill_null([])
    empty = pl.lit(None, pl.Int64)
    return record(
        {
            "url": pl.format(call.base + "/tickets/{}.json", "id"),
            "id": "id",
            "external_id": empty,
            "created_at": iso("created_at"),
            "updated_at": iso("updated_at"),
            "generated_timestamp": epoch("at"),
            "type": "type",
            "subject": "subject",
            "raw_subject": "subject",
            "description": "description",
            "priority": "priority",
            "status": "status",
            "recipient": empty,
            "requester_id": "requester_id",
            "submitter_id": "submitter_id",
            "assignee_id": "assignee_id",
            "organization_id": "organization_id",
            "group_id": "group_id",
            "tags": pl.when(merged).then(pl.concat_list(tags, pl.lit(TAG))).otherwise(tags),
        },
        {
            "via": via(),
            **_LINKS,
            "custom_fields": _topic(),
            "satisfaction_rating": _rating(),
            "encoded_id": pl.format('"SBX-{}"', "id"),
            "fields": _topic(),
            **_SETTINGS,
        },
    )


def user(call: Call) -> pl.Expr:
    """A user as JSON."""
    agent = pl.col("role").is_in(["agent", "admin"])
    return record(
        {
            "id": "id",
            "url": pl.format(call.base + "/users/{}.json", "id"),
            "name": "name",
            "email": "email",
            "created_at": iso("created_at"),
            "updated_at": iso("at"),
            "phone": "phone",
            "locale": "locale",
            "organization_id": "organization_id",
            "role": "role",
            "external_id": "external_id",
            "active": "active",
            "verified": pl.col("email").is_not_null(),
            "moderator": agent,
            "role_type": pl.when(agent).then(4),
        },
        _USER,
    )


def via(source: str = '{"from":{},"to":{},"rel":null}') -> pl.Expr:
    """How something came in, with the `source` given as JSON."""
    return joined('{"channel":', encoded(pl.col("channel")), f',"source":{source}}}')


def _topic() -> pl.Expr:
    return joined(f'[{{"id":{TOPIC_FIELD},"value":', encoded(pl.col("topic")), "}]")


def _rating() -> pl.Expr:
    given = record(
        {"score": "satisfaction_score", "id": "rating_id", "comment": "satisfaction_comment"}
    )
    none = pl.lit('{"score":"unoffered"}')
    return pl.when(pl.col("rating_id").is_null()).then(none).otherwise(given)


TICKETS = Export("tickets", "zendesk_tickets", exported_tickets, by_expression(ticket))
LIVE_TICKETS = Export("tickets", "zendesk_tickets", _live, by_expression(ticket))
USERS = Export("users", "zendesk_users", exported_users, by_expression(user), withhold=False)
