"""Lists by id, one record, and many by their ids.

Source: developers.hubspot.com/docs/api-reference (objects, batch, properties).
"""

from __future__ import annotations

from urllib.parse import urlencode

import polars as pl

from connectors.sandbox.vendors.protocol import Call, Refuse, Reply, Rows, Why
from connectors.sandbox.vendors.render import iso_ms
from connectors.sandbox.vendors.replies import listing, respond
from connectors.sandbox.vendors.world import World

from .kinds import Kind
from .objects import as_json, merged_roots, rows_of, wanted

_PAGE = 100


_DEFAULT_PAGE = 10


_BATCH = 100


def _split(call: Call, name: str) -> list[str]:
    return [part for part in call.query.get(name, "").split(",") if part]


def listed(kind: Kind, world: World, call: Call) -> Reply:
    """`GET /crm/v3/objects/{type}`; `after` is the id to go on from."""
    size = call.whole("limit", _DEFAULT_PAGE, low=1, high=_PAGE)
    after = call.whole("after", 0)
    archived = call.flag("archived")
    rows = rows_of(world, kind, archived=archived)
    begin = int(rows["id"].search_sorted(after, "left"))
    found = rows.slice(begin, size)
    rest: dict[str, object] = {}
    if begin + size < rows.height:
        following = str(rows["id"][begin + size])
        query = urlencode({**call.query, "after": following})
        link = f"{call.base}{call.path}?{query}"
        rest["paging"] = {"next": {"after": following, "link": link}}
    records = as_json(
        kind,
        found,
        wanted(kind, _split(call, "properties")),
        archived=archived,
        links=_split(call, "associations"),
    )
    return listing("results", Rows(records, kind.table, _keys(found)), **rest)


def one(kind: Kind, world: World, call: Call) -> Reply:
    """`GET /crm/v3/objects/{type}/{id}`; one merged away answers as the one that remains."""
    text = call.params["id"]
    if not text.isdecimal():
        raise Refuse(Why.BAD_PARAMETER, f"{text} is not a valid id")
    wanted_id = merged_roots(world, kind).get(int(text), int(text))
    archived = call.flag("archived")
    found = rows_of(world, kind, archived=archived).filter(pl.col("id") == wanted_id)
    if found.is_empty():
        raise Refuse(Why.UNKNOWN_RECORD)
    names = wanted(kind, _split(call, "properties"))
    links = _split(call, "associations")
    return Reply(as_json(kind, found, names, archived=archived, links=links)[0].encode())


def batch(kind: Kind, world: World, call: Call) -> Reply:
    """`POST /crm/v3/objects/{type}/batch/read`: 207 with `errors` if any record is missing."""
    sent = call.json()
    asked = [str(item.get("id")) for item in sent.get("inputs", [])]
    if len(asked) > _BATCH:
        raise Refuse(Why.BAD_PARAMETER, f"inputs may not exceed {_BATCH}")
    archived = call.flag("archived")
    rows = rows_of(world, kind, archived=archived)
    found = rows.filter(pl.col("p:hs_object_id").is_in(asked))
    names = wanted(kind, sent.get("properties") or [])
    records = as_json(kind, found, names, archived=archived, links=[])
    missing = [i for i in asked if i not in set(found["p:hs_object_id"])]
    rest = batch_rest(world, missing, "Could not get some objects, they may be deleted")
    reply = listing("results", Rows(records, kind.table, _keys(found)), **rest)
    return Reply(reply.body, 207 if missing else 200, page=reply.page)


def properties(kind: Kind, _world: World, _call: Call) -> Reply:
    """`GET /crm/v3/properties/{type}`."""
    results = [
        {
            "name": name,
            "label": name.replace("_", " ").capitalize(),
            "type": "datetime" if name.endswith("date") else "string",
            "fieldType": "date" if name.endswith("date") else "text",
            "groupName": f"{kind.name}information",
            "hubspotDefined": name not in {"segment", "customer_number", "account_number"},
            "archived": False,
        }
        for name in kind.properties
    ]
    return respond({"results": results})


def batch_rest(world: World, missing: list[str], message: str) -> dict[str, object]:
    """What stands beside the results of a batch, with an error for the missing ones."""
    now = pl.select(iso_ms(pl.lit(world.clock.now, pl.Datetime("us")))).item()
    rest: dict[str, object] = {"status": "COMPLETE", "startedAt": now, "completedAt": now}
    if missing:
        error = {
            "status": "error",
            "category": "OBJECT_NOT_FOUND",
            "message": message,
            "context": {"ids": missing},
        }
        rest |= {"numErrors": 1, "errors": [error]}
    return rest


def _keys(rows: pl.DataFrame) -> list[tuple[object, ...]]:
    return [(value,) for value in rows["id"].to_list()]
