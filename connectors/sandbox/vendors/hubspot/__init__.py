"""HubSpot CRM, as far as connectors read it: `/hubspot/crm/v3/…` and associations of v4.

Lists come by id and 100 a page, with `archived=true` those archived; search has its own limits.
Only few properties come unasked. `batch/read` answers 207 where a record is missing.

Source: developers.hubspot.com/docs/api-reference (objects, search, associations v4, properties).
"""

from __future__ import annotations

import re
from functools import partial
from urllib.parse import urlencode

import polars as pl

from connectors.sandbox.vendors.limits import Window
from connectors.sandbox.vendors.protocol import (
    Call,
    Refuse,
    Reply,
    Route,
    Vendor,
    Why,
    listing,
    respond,
)
from connectors.sandbox.vendors.render import iso_ms
from connectors.sandbox.vendors.world import World

from .errors import SCOPES, refuse, scopes
from .objects import CONTACTS, KINDS, Kind, as_json, kind_of, merged_roots, rows_of, wanted
from .search import search

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
    return listing("results", (records, kind.table, _keys(found)), **rest)


def one(kind: Kind, world: World, call: Call) -> Reply:
    """`GET /crm/v3/objects/{type}/{id}`; a contact merged away answers as the one that remains."""
    text = call.params["id"]
    if not text.isdecimal():
        raise Refuse(Why.BAD_PARAMETER, f"{text} is not a valid id")
    wanted_id = int(text)
    if kind is CONTACTS:
        wanted_id = merged_roots(world).get(wanted_id, wanted_id)
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
    rest = _batch_rest(world, missing, "Could not get some objects, they may be deleted")
    reply = listing("results", (records, kind.table, _keys(found)), **rest)
    return Reply(reply.body, 207 if missing else 200, page=reply.page)


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
    rest = _batch_rest(world, missing, f"No {other} is associated with some objects")
    return respond({"results": results, **rest}, 207 if missing else 200)


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


def _batch_rest(world: World, missing: list[str], message: str) -> dict[str, object]:
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


def _routes(kind: Kind) -> list[Route]:
    objects, scope = f"/crm/v3/objects/{kind.name}", SCOPES[kind.name]
    return [
        Route(objects, partial(listed, kind), scope=scope),
        Route(f"{objects}/search", lambda w, c: search(w, c, kind), "POST", scope),
        Route(f"{objects}/batch/read", partial(batch, kind), "POST", scope),
        Route(f"{objects}/{{id}}", partial(one, kind), scope=scope),
        Route(f"/crm/v3/properties/{kind.name}", partial(properties, kind), scope=scope),
        Route(
            f"/crm/v4/objects/{kind.name}/{{id}}/associations/{{to}}",
            partial(associations, kind),
            scope=scope,
        ),
    ]


def _burst(limit: int, left: int, _reset: int) -> dict[str, str]:
    return {
        "X-HubSpot-RateLimit-Max": str(limit),
        "X-HubSpot-RateLimit-Remaining": str(left),
        "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
    }


def _daily(limit: int, left: int, _reset: int) -> dict[str, str]:
    return {
        "X-HubSpot-RateLimit-Daily": str(limit),
        "X-HubSpot-RateLimit-Daily-Remaining": str(left),
    }


_ELSEWHERE = re.compile(r"(?!.*/search$).*")

VENDOR = Vendor(
    name="hubspot",
    prefix="/hubspot",
    routes=[
        *(route for kind in KINDS.values() for route in _routes(kind)),
        Route(
            "/crm/v4/associations/{from}/{to}/batch/read",
            associations_batch,
            "POST",
            SCOPES["contacts"],
        ),
    ],
    scopes=scopes,
    refuse=refuse,
    windows=(
        Window("hubspot_daily", 86_400, _ELSEWHERE, _daily, daily=True),
        Window("hubspot", 10, _ELSEWHERE, _burst),
        Window("hubspot_search", 1, re.compile(".*/search")),
    ),
)
