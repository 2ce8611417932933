"""Organizations, groups, metric events, ratings, identities, and what was deleted.

Sources: organizations as recorded (node-zendesk, 2023); the rest after
developer.zendesk.com/api-reference/ticketing: satisfaction_ratings, groups, user_identities,
ticket_metric_events, users (deleted users), tickets (deleted tickets), ticket_fields. That ratings
are filtered by `updated_at` is unverified.
"""

from __future__ import annotations

import polars as pl

from connectors.sandbox.vendors.protocol import Call, Refuse, Reply, Why, respond
from connectors.sandbox.vendors.render import epoch, iso, record
from connectors.sandbox.vendors.world import World

from .paging import WITHHELD, Export, as_list, by_expression
from .tickets import TICKETS, TOPIC_FIELD, USERS

_RATINGS_PAGE = 100
_SAMPLE = 50


def _exported(world: World, table: str, second: str = "at") -> pl.DataFrame:
    return world.records.memo(
        ("zendesk", table),
        lambda: world.records.current(table).with_columns(ts=epoch(second)).sort("ts", "id"),
    )


def _organization(call: Call) -> pl.Expr:
    return record(
        {
            "url": pl.format(call.base + "/organizations/{}.json", "id"),
            "id": "id",
            "name": "name",
            "external_id": "external_id",
            "created_at": iso("created_at"),
            "updated_at": iso("at"),
            "domain_names": pl.concat_list("domain").list.drop_nulls(),
            "deleted_at": pl.when(pl.col("deleted").fill_null(value=False)).then(iso("at")),
        },
        {
            "shared_tickets": False,
            "shared_comments": False,
            "details": None,
            "notes": None,
            "group_id": None,
            "tags": [],
            "organization_fields": {},
        },
    )


def _group(call: Call) -> pl.Expr:
    return record(
        {
            "url": pl.format(call.base + "/groups/{}.json", "id"),
            "id": "id",
            "name": "name",
            "created_at": iso("created_at"),
            "updated_at": iso("at"),
        },
        {"is_public": True, "description": "", "default": False, "deleted": False},
    )


def _metric_event(_call: Call) -> pl.Expr:
    status = pl.col("type") == "update_status"
    calendar = pl.lit('{"calendar":0,"business":0}')
    return record(
        {
            "id": "id",
            "ticket_id": "ticket_id",
            "metric": "metric",
            "instance_id": "instance_id",
            "type": "type",
            "time": iso("at"),
        },
        {"status": pl.when(status).then(calendar), "deleted": False},
    )


def _rating(call: Call) -> pl.Expr:
    return record(
        {
            "url": pl.format(call.base + "/satisfaction_ratings/{}.json", "id"),
            "id": "id",
            "assignee_id": "assignee_id",
            "group_id": "group_id",
            "requester_id": "requester_id",
            "ticket_id": "ticket_id",
            "score": "score",
            "created_at": iso("created_at"),
            "updated_at": iso("updated_at"),
            "comment": "comment",
        },
        {"reason": "No reason provided", "reason_id": 0, "reason_code": 0},
    )


def _identity(call: Call) -> pl.Expr:
    return record(
        {
            "url": pl.format(call.base + "/users/{}/identities/{}.json", "user_id", "id"),
            "id": "id",
            "user_id": "user_id",
            "type": "type",
            "value": "value",
            "created_at": iso("first"),
            "updated_at": iso("at"),
        },
        {"verified": True, "primary": False, "undeliverable_count": 0},
    )


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


def _ratings(world: World, call: Call) -> pl.DataFrame:
    rows = _exported(world, "zendesk_ratings", "updated_at")
    if "start_time" in call.query:
        start = call.whole("start_time", 0)
        if start > world.clock.epoch - WITHHELD:
            raise Refuse(Why.BAD_PARAMETER, "too recent")
        rows = rows.filter(pl.col("ts") >= start)
    if "end_time" in call.query:
        rows = rows.filter(pl.col("ts") <= call.whole("end_time", 0))
    return rows


def _identities(world: World, call: Call) -> pl.DataFrame:
    text = call.params["id"]
    if not text.isdecimal():
        raise Refuse(Why.BAD_PARAMETER, "id")
    users = world.records.current("zendesk_users")
    if users.filter(pl.col("id") == int(text)).is_empty():
        raise Refuse(Why.UNKNOWN_RECORD)
    known = world.records.current("zendesk_identities")
    return known.filter(pl.col("user_id") == int(text)).sort("id")


def _gone_users(world: World, _call: Call) -> pl.DataFrame:
    gone = pl.col("deleted").fill_null(value=False) | ~pl.col("active").fill_null(value=True)
    return world.records.current("zendesk_users").filter(gone).sort("id")


def _gone_tickets(world: World, _call: Call) -> pl.DataFrame:
    tickets = world.records.current("zendesk_tickets")
    return tickets.filter(pl.col("status") == "deleted").sort("id")


def ratings(world: World, call: Call) -> Reply:
    """`/satisfaction_ratings`: at most a hundred a page."""
    return as_list(RATINGS, world, call, _RATINGS_PAGE)


def users(world: World, call: Call) -> Reply:
    """`/users?role[]=`: everybody at work, or those of some roles."""
    return as_list(LISTED_USERS, world, call)


def _listed_users(world: World, call: Call) -> pl.DataFrame:
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


ORGANIZATIONS = Export(
    "organizations",
    "zendesk_organizations",
    lambda world, _call: _exported(world, "zendesk_organizations"),
    by_expression(_organization),
    withhold=False,
)
METRIC_EVENTS = Export(
    "ticket_metric_events",
    "zendesk_metric_events",
    lambda world, _call: _exported(world, "zendesk_metric_events"),
    by_expression(_metric_event),
    withhold=False,
)
GROUPS = Export(
    "groups",
    "zendesk_groups",
    lambda world, _call: world.records.current("zendesk_groups").sort("id"),
    by_expression(_group),
)
RATINGS = Export("satisfaction_ratings", "zendesk_ratings", _ratings, by_expression(_rating))
IDENTITIES = Export("identities", "zendesk_identities", _identities, by_expression(_identity))
LISTED_USERS = Export("users", "zendesk_users", _listed_users, USERS.encode)
GONE_USERS = Export("deleted_users", "zendesk_users", _gone_users, by_expression(_deleted_user))
GONE_TICKETS = Export(
    "deleted_tickets", "zendesk_tickets", _gone_tickets, by_expression(_deleted_ticket)
)
_SAMPLED = {e.name: e for e in (TICKETS, USERS, ORGANIZATIONS, METRIC_EVENTS)}
