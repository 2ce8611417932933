"""Identities: the addresses of users, alone, or side-loaded where `include=identities` asks.

The main address is an identity too, of the user's own age. Side-loading is from public clients that
read it from live tenants; it is documented of users without a list of what may be loaded.
That a further address makes the export tell its user again is unverified.

Source: developer.zendesk.com/api-reference/ticketing/users/user_identities.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import polars as pl

from connectors.sandbox.vendors.protocol import Call, Refuse, Reply, Why
from connectors.sandbox.vendors.render import iso, record, texts
from connectors.sandbox.vendors.replies import listing
from connectors.sandbox.vendors.world import World

from .paging import Export, by_expression
from .tickets import USERS

_MOST = 100


def _identity(call: Call) -> pl.Expr:
    return record(
        {
            "url": pl.format(call.base + "/users/{}/identities/{}.json", "user_id", "id"),
            "id": "id",
            "user_id": "user_id",
            "type": "type",
            "value": "value",
            "verified": pl.lit(value=True),
            "primary": "primary",
            "created_at": iso("first"),
            "updated_at": iso("at"),
        },
        {"undeliverable_count": 0},
    )


def _all(world: World) -> pl.DataFrame:
    """Every identity, main ones included, by user."""

    def make() -> pl.DataFrame:
        main = world.records.current("zendesk_users").filter(pl.col("email").is_not_null())
        main = main.select(
            "id",
            user_id="id",
            type=pl.lit("email"),
            value="email",
            primary=pl.lit(value=True),
            first="created_at",
            at="created_at",
        )
        further = world.records.current("zendesk_identities")
        further = further.select(
            "id", "user_id", "type", "value", "first", "at", primary=pl.lit(value=False)
        )
        return pl.concat([main, further], how="diagonal").sort("user_id", "id")

    return world.records.memo("zendesk identities", make)


def _of_one(world: World, call: Call) -> pl.DataFrame:
    text = call.params["id"]
    if not text.isdecimal():
        raise Refuse(Why.BAD_PARAMETER, "id")
    users = world.records.current("zendesk_users")
    if users.filter(pl.col("id") == int(text)).is_empty():
        raise Refuse(Why.UNKNOWN_RECORD)
    return _all(world).filter(pl.col("user_id") == int(text))


def side_loaded(world: World, call: Call, users: pl.DataFrame) -> Mapping[str, object]:
    """What stands beside a page of users: their identities, if they were asked for."""
    if "identities" not in call.query.get("include", "").split(","):
        return {}
    found = _all(world).filter(pl.col("user_id").is_in(users["id"].implode()))
    return {"identities": [json.loads(text) for text in texts(found, _identity(call))]}


def show_many(world: World, call: Call) -> Reply:
    """`/users/show_many`: up to a hundred users by id; the gone ones are left out."""
    ids = call.query.get("ids", "").split(",")
    if len(ids) > _MOST or not all(one.isdecimal() for one in ids):
        raise Refuse(Why.BAD_PARAMETER, "ids")
    users = USERS.frame(world, call)
    wanted = pl.col("id").is_in([int(one) for one in ids])
    found = users.filter(wanted & pl.col("active").fill_null(value=True)).sort("id")
    beside = side_loaded(world, call, found)
    return listing("users", USERS.page(world, call, found), **beside, count=found.height)


IDENTITIES = Export("identities", "zendesk_identities", _of_one, by_expression(_identity))
