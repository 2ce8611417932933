"""Satisfaction ratings (the older CSAT) and metric events.

Source: developer.zendesk.com/api-reference/ticketing/ticket-management/satisfaction_ratings and
/tickets/ticket_metric_events. That ratings are filtered by `updated_at` is unverified.
"""

from __future__ import annotations

import polars as pl

from connectors.sandbox.vendors.protocol import Call, Refuse, Reply, Why
from connectors.sandbox.vendors.render import iso, record
from connectors.sandbox.vendors.world import World

from .paging import WITHHELD, Export, as_list, by_expression, by_second

_RATINGS_PAGE = 100


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


def _ratings(world: World, call: Call) -> pl.DataFrame:
    rows = by_second(world, "zendesk_ratings", "updated_at")
    if "start_time" in call.query:
        start = call.whole("start_time", 0)
        if start > world.clock.epoch - WITHHELD:
            raise Refuse(Why.BAD_PARAMETER, "too recent")
        rows = rows.filter(pl.col("ts") >= start)
    if "end_time" in call.query:
        rows = rows.filter(pl.col("ts") <= call.whole("end_time", 0))
    return rows


def ratings(world: World, call: Call) -> Reply:
    """`/satisfaction_ratings`: at most a hundred a page."""
    return as_list(RATINGS, world, call, _RATINGS_PAGE)


METRIC_EVENTS = Export(
    "ticket_metric_events",
    "zendesk_metric_events",
    lambda world, _call: by_second(world, "zendesk_metric_events"),
    by_expression(_metric_event),
    withhold=False,
)


RATINGS = Export("satisfaction_ratings", "zendesk_ratings", _ratings, by_expression(_rating))
