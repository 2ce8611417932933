"""What was deleted: users, for good or not, and tickets.

Source: developer.zendesk.com/api-reference/ticketing/users/users (list deleted users) and
/tickets/tickets (list deleted tickets).
"""

from __future__ import annotations

import polars as pl

from connectors.sandbox.vendors.protocol import Call
from connectors.sandbox.vendors.render import iso, record
from connectors.sandbox.vendors.world import World

from .paging import Export, by_expression


def _deleted_user(call: Call) -> pl.Expr:
    """Of one deleted for good, everything personal is null."""
    kept = ~pl.col("deleted").fill_null(value=False)
    names = ("name", "email", "phone", "external_id")
    return record(
        {
            "id": "id",
            "url": pl.format(call.base + "/users/{}.json", "id"),
            **{name: pl.when(kept).then(pl.col(name)) for name in names},
            "role": "role",
            "created_at": iso("created_at"),
            "updated_at": iso("at"),
            "organization_id": pl.when(kept).then(pl.col("organization_id")),
        },
        {"active": False},
    )


def _deleted_ticket(_call: Call) -> pl.Expr:
    return record(
        {
            "id": "id",
            "subject": "subject",
            "description": "description",
            "deleted_at": iso("at"),
            "previous_state": pl.lit("closed"),
        },
        {"actor": {"id": -1, "name": "System"}},
    )


def _gone_users(world: World, _call: Call) -> pl.DataFrame:
    gone = pl.col("deleted").fill_null(value=False) | ~pl.col("active").fill_null(value=True)
    return world.records.current("zendesk_users").filter(gone).sort("id")


def _gone_tickets(world: World, _call: Call) -> pl.DataFrame:
    tickets = world.records.current("zendesk_tickets")
    return tickets.filter(pl.col("status") == "deleted").sort("id")


GONE_USERS = Export("deleted_users", "zendesk_users", _gone_users, by_expression(_deleted_user))


GONE_TICKETS = Export(
    "deleted_tickets", "zendesk_tickets", _gone_tickets, by_expression(_deleted_ticket)
)
