"""Organizations, groups, metric events, ratings, and what was deleted.

Sources: organizations as recorded (node-zendesk, 2023); the rest after
developer.zendesk.com/api-reference/ticketing: satisfaction_ratings, groups,
ticket_metric_events, users (deleted users), tickets (deleted tickets), ticket_fields. That ratings
are filtered by `updated_at` is unverified.
"""

from __future__ import annotations

import polars as pl

from connectors.sandbox.vendors.protocol import Call, Refuse, Reply, Why
from connectors.sandbox.vendors.replies import respond
from connectors.sandbox.vendors.world import World

from .organizations import ORGANIZATIONS
from .paging import Export
from .ratings import METRIC_EVENTS
from .tickets import TICKETS, TOPIC_FIELD, USERS

_SAMPLE = 50


def _listed_users(world: World, call: Call) -> pl.DataFrame:
    """Everybody at work, or those of the roles that `role[]` names."""
    rows = world.records.current("zendesk_users").filter(pl.col("active").fill_null(value=True))
    roles = [role for role in call.query.get("role[]", "").split(",") if role]
    return (rows.filter(pl.col("role").is_in(roles)) if roles else rows).sort("id")


def one(export: Export, name: str, world: World, call: Call) -> Reply:
    """A record by its id."""
    text = call.params["id"]
    if not text.isdecimal():
        raise Refuse(Why.BAD_PARAMETER, "id")
    found = export.frame(world, call).filter(pl.col("id") == int(text))
    if found.is_empty():
        raise Refuse(Why.UNKNOWN_RECORD)
    body = f'{{"{name}":{export.encode(world, call, found)[0]}}}'
    return Reply(body.encode())


def sample(world: World, call: Call) -> Reply:
    """`/incremental/{resource}/sample`: fifty rows, to try a connection with."""
    export = _SAMPLED.get(call.params["resource"].removesuffix(".json"))
    if export is None:
        raise Refuse(Why.UNKNOWN_PATH)
    rows = export.rows(world, call).head(_SAMPLE)
    page = export.page(world, call, rows)
    return Reply(f'{{"{export.name}":[{",".join(page.records)}],"count":{rows.height}}}'.encode())


def me(_world: World, _call: Call) -> Reply:
    """`/users/me`, as far as recorded."""
    return respond({"user": {"id": 1, "name": "Sandbox Admin", "role": "admin", "active": True}})


def ticket_fields(_world: World, _call: Call) -> Reply:
    """`/ticket_fields`: the only place that names the custom field."""
    topic = {"id": TOPIC_FIELD, "type": "text", "title": "Topic", "active": True, "removable": True}
    return respond({"ticket_fields": [topic], "next_page": None, "previous_page": None, "count": 1})


LISTED_USERS = Export("users", "zendesk_users", _listed_users, USERS.encode)

_SAMPLED = {e.name: e for e in (TICKETS, USERS, ORGANIZATIONS, METRIC_EVENTS)}
