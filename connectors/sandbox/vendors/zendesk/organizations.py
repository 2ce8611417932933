"""Organizations and groups.

Source: organizations as recorded (node-zendesk, 2023), groups after
developer.zendesk.com/api-reference/ticketing/groups. That the export alone brings deleted ones,
with `deleted_at`, is unverified.
"""

from __future__ import annotations

import polars as pl

from connectors.sandbox.vendors.protocol import Call
from connectors.sandbox.vendors.render import iso, record
from connectors.sandbox.vendors.world import World

from .paging import Export, by_expression, by_second


def _exported(call: Call) -> pl.Expr:
    return _organization(call, {"deleted_at": pl.when(_deleted()).then(iso("at"))})


def _deleted() -> pl.Expr:
    return pl.col("deleted").fill_null(value=False)


def _listed(world: World, _call: Call) -> pl.DataFrame:
    return world.records.current("zendesk_organizations").filter(~_deleted()).sort("id")


def _organization(call: Call, more: dict[str, pl.Expr] | None = None) -> pl.Expr:
    return record(
        {
            **(more or {}),
            "url": pl.format(call.base + "/organizations/{}.json", "id"),
            "id": "id",
            "name": "name",
            "external_id": "external_id",
            "created_at": iso("created_at"),
            "updated_at": iso("at"),
            "domain_names": pl.concat_list("domain").list.drop_nulls(),
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


ORGANIZATIONS = Export(
    "organizations",
    "zendesk_organizations",
    lambda world, _call: by_second(world, "zendesk_organizations"),
    by_expression(_exported),
    withhold=False,
)
LISTED_ORGANIZATIONS = Export(
    "organizations", "zendesk_organizations", _listed, by_expression(_organization)
)


GROUPS = Export(
    "groups",
    "zendesk_groups",
    lambda world, _call: world.records.current("zendesk_groups").sort("id"),
    by_expression(_group),
)
