"""Associations of version 4: search and batch read tell none, so they are asked for by themselves.

Source: developers.hubspot.com/docs/api-reference/crm-associations-v4.
"""

from __future__ import annotations

import polars as pl

from connectors.sandbox.vendors.protocol import Call, Refuse, Reply, Why
from connectors.sandbox.vendors.replies import respond
from connectors.sandbox.vendors.world import World

from .kinds import Kind, kind_of
from .lists import batch_rest
from .objects import rows_of


def associations(kind: Kind, world: World, call: Call) -> Reply:
    """`GET /crm/v4/objects/{type}/{id}/associations/{to}`."""
    other = call.params["to"]
    found = rows_of(world, kind).filter(pl.col("p:hs_object_id") == call.params["id"])
    if found.is_empty():
        raise Refuse(Why.UNKNOWN_RECORD)
    return respond({"results": _links(kind, found, other)})


def associations_batch(world: World, call: Call) -> Reply:
    """`POST /crm/v4/associations/{from}/{to}/batch/read`."""
    kind, other = kind_of(call.params["from"]), call.params["to"]
    asked = [str(item.get("id")) for item in call.json().get("inputs", [])]
    rows = rows_of(world, kind).filter(pl.col("p:hs_object_id").is_in(asked))
    results = [
        {"from": {"id": one["p:hs_object_id"][0]}, "to": links}
        for one in rows.iter_slices(1)
        if (links := _links(kind, one, other))
    ]
    known = {result["from"]["id"] for result in results}  # type: ignore[index]
    missing = [i for i in asked if i not in known]
    rest = batch_rest(world, missing, f"No {other} is associated with some objects")
    return respond({"results": results, **rest}, 207 if missing else 200)


def _links(kind: Kind, rows: pl.DataFrame, other: str) -> list[dict[str, object]]:
    if other not in kind.links:
        return []
    label = {
        "category": "HUBSPOT_DEFINED",
        "typeId": 3 if other == "contacts" else 5,
        "label": None,
    }
    ids = rows[kind.links[other]].drop_nulls().to_list()
    return [{"toObjectId": i, "associationTypes": [label]} for i in ids]
