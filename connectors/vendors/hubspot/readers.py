"""Asks HubSpot for what changed, what is archived, and what there is at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from connectors.cursors import Batch, Posted, Reading, Snapshot, Span, Sweep, Windowed
from connectors.http import Api
from connectors.landing.landed import Landed
from connectors.vendors.connector import Options
from connectors.vendors.reading import each, naive, one, seconds, spliced, told

_PAGE = 100
_HELD = {
    "contacts": ("people", "person_ref"),
    "companies": ("accounts", "account_ref"),
    "deals": ("value_events", "event_id"),
}
"""Table and column with the ids of each type of object."""


class _After(msgspec.Struct):
    after: str


class _Paging(msgspec.Struct):
    next: _After | None = None


class _Results(msgspec.Struct):
    results: list[msgspec.Raw] = []
    paging: _Paging | None = None


class _Id(msgspec.Struct):
    id: str


class _Changed(msgspec.Struct, rename="camel"):
    id: str
    updated_at: datetime


class _To(msgspec.Struct, rename="camel"):
    to_object_id: int


class _Link(msgspec.Struct, rename={"from_": "from"}):
    from_: _Id
    to: list[_To] = []


class _Links(msgspec.Struct):
    results: list[_Link] = []


def searched(kind: str, properties: Sequence[str]) -> Windowed:
    """What changed in a stretch of time, by object id."""
    modified = "lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate"

    def fetch(api: Api, span: Span, after: str | None) -> Batch:
        filters = [
            {"propertyName": modified, "operator": "GTE", "value": str(seconds(span.since) * 1000)},
            {"propertyName": modified, "operator": "LT", "value": str(seconds(span.until) * 1000)},
        ]
        if after is not None:
            filters.append({"propertyName": "hs_object_id", "operator": "GT", "value": after})
        query = {
            "filterGroups": [{"filters": filters}],
            "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
            "properties": properties,
            "limit": _PAGE,
        }
        path = f"crm/v3/objects/{kind}/search"
        records = api.of_class("search").post(path, _Results, body=query).results
        ids = [int(found.id) for found in told(each(records, _Id)) if found.id.isdecimal()]
        owned = _owned(api, records) if kind == "deals" else records
        following = str(max(ids)) if ids else None
        return Batch(owned, next=following, done=len(records) < _PAGE)

    return Windowed(fetch, step=timedelta(days=3650), look_back=timedelta(hours=1), posted=_changed)


def _changed(records: Sequence[bytes]) -> list[Posted | None]:
    return [
        Posted(found.id, naive(found.updated_at)) if found else None
        for found in each(records, _Changed)
    ]


def _read(api: Api, kind: str, ids: Sequence[str], properties: Sequence[str]) -> list[bytes]:
    """The records with these ids that are still there."""
    found: list[bytes] = []
    for begin in range(0, len(ids), _PAGE):
        some = [{"id": record} for record in ids[begin : begin + _PAGE]]
        body = {"inputs": some, "properties": properties}
        found += api.post(f"crm/v3/objects/{kind}/batch/read", _Results, body=body).results
    return found


def sweep(kind: str, properties: Sequence[str], options: Options) -> Sweep:
    """Ids and dates of all records; what is missing or newer is asked for alone."""

    def listed(api: Api, _part: str, _span: Span, after: str | None) -> Batch:
        return _page(api, kind, ["hs_object_id"], after)

    def read(api: Api, _part: str, records: Sequence[bytes], _landed: Landed) -> Sequence[bytes]:
        ids = [found.id for found in told(each(records, _Id))]
        found = _read(api, kind, ids, properties)
        return _owned(api, found) if kind == "deals" else found

    def gone(
        api: Api, _part: str, missing: Mapping[str, datetime], _landed: Landed
    ) -> Sequence[bytes]:
        there = _read(api, kind, [*missing], ["hs_object_id"])
        alive = {found.id for found in told(each(there, _Id))}
        return [_tombstone(ident, at) for ident, at in missing.items() if ident not in alive]

    return Sweep(
        *_HELD[kind],
        listed=listed,
        posted=_changed,
        read=read,
        gone=gone,
        dated=True,
        every=options.sweep or timedelta(days=7),
        limit=options.sweep_limit,
    )


def _tombstone(ident: str, changed: datetime) -> bytes:
    """A record of ours in the vendor's shape, of the version that it takes the place of."""
    at = changed.replace(tzinfo=UTC)
    return msgspec.json.encode({"id": ident, "createdAt": at, "updatedAt": at, "archived": True})


def _key(record: bytes) -> str | None:
    found = one(record, _Id)
    return None if found is None else found.id


def archived(kind: str, properties: Sequence[str]) -> Snapshot:
    """What was archived; being gone from that list means nothing: it was restored or erased."""

    def fetch(api: Api, after: str | None, _reading: Reading) -> Batch:
        return _page(api, kind, properties, after, archived="true")

    return Snapshot(fetch, key=_key, overlaps=True)


def _page(api: Api, kind: str, properties: Sequence[str], after: str | None, **more: str) -> Batch:
    """A page of a list, by id."""
    path, names = f"crm/v3/objects/{kind}", ",".join(properties)
    page = api.get(path, _Results, limit=_PAGE, properties=names, after=after, **more)
    following = page.paging.next if page.paging else None
    return Batch(page.results, next=following.after if following else None, done=following is None)


def _owned(api: Api, deals: Sequence[bytes]) -> list[bytes]:
    """Deals with the first contact and company of each: search does not tell."""
    ids = [deal.id if deal else "" for deal in each(deals, _Id)]
    owned = [bytes(deal) for deal in deals]
    for kind, name in (("contacts", "_contact"), ("companies", "_company")):
        path = f"crm/v4/associations/deals/{kind}/batch/read"
        body = {"inputs": [{"id": deal} for deal in ids if deal]}
        links = api.post(path, _Links, body=body).results if ids else []
        owners = {link.from_.id: str(link.to[0].to_object_id) for link in links if link.to}
        owned = [
            spliced(deal, name, owners[key]) if key in owners else deal
            for key, deal in zip(ids, owned, strict=True)
        ]
    return owned
