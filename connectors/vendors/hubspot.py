"""HubSpot CRM: people, accounts, and subscriptions as deals.

    POST /crm/v3/objects/contacts/search              -> people, person_addresses
    POST /crm/v3/objects/companies/search             -> accounts
    POST /crm/v3/objects/deals/search                 -> value_events
    POST /crm/v4/associations/deals/{to}/batch/read      tells whose deals they are
    GET  /crm/v3/objects/{type}?archived=true         -> the same tables, as deleted

A stretch of time is paged by object id, never by the search's own `after`, which ends at 10,000
results. Search lags behind writes, so each run looks an hour back. What was erased at HubSpot for
privacy is in no answer, so nothing here notices it.

`custom` names properties that fill columns of `people`. A won deal of type `newbusiness` starts a
subscription, another one renews it; one of type `cancellation`, or a lost renewal, ends it.

Secret: `token` of a private app with `crm.objects.{contacts,companies,deals}.read`.
Evidence: documentation only (developers.hubspot.com/docs/api-reference/search/guide).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
import polars as pl

from connectors.cursors import Batch, Posted, Reading, Snapshot, Span, Windowed
from connectors.http import Api, Bearer, Rate, Reply, Secret, Vendor
from connectors.records import also
from connectors.stream import Column, Rows, Stream
from connectors.vendors.connector import Connector, Endpoint, Options
from connectors.vendors.mapping import given
from connectors.vendors.reading import each, naive, one, seconds, spliced, told

_PAGE = 100
_TOO_MANY = 429


@also("createdate hs_object_id lastmodifieddate hs_lastmodifieddate dealname pipeline")
class Properties(msgspec.Struct):
    email: str | None = None
    firstname: str | None = None
    lastname: str | None = None
    phone: str | None = None
    mobilephone: str | None = None
    country: str | None = None
    hs_language: str | None = None
    hs_additional_emails: str | None = None
    associatedcompanyid: str | None = None
    hs_merged_object_ids: str | None = None
    name: str | None = None
    domain: str | None = None
    hs_parent_company_id: str | None = None
    amount: float | None = None
    deal_currency_code: str | None = None
    dealstage: str | None = None
    dealtype: str | None = None
    closedate: datetime | None = None


@also("archivedAt associations url objectWriteTraceId")
class Object(msgspec.Struct, rename="camel"):
    id: str
    created_at: datetime
    updated_at: datetime
    archived: bool = False
    properties: Properties | None = None
    contact: str | None = msgspec.field(default=None, name="_contact")
    company: str | None = msgspec.field(default=None, name="_company")


def _property(name: str) -> pl.Expr:
    return given(f"properties.{name}")


_TIMES: Mapping[str, Column] = {
    "created_at": "created_at",
    "updated_at": "updated_at",
    "_deleted": "archived",
}
PEOPLE: Mapping[str, Column] = {
    "person_ref": "id",
    "email": _property("email"),
    "phone": pl.coalesce(_property("phone"), _property("mobilephone")),
    "account_ref": _property("associatedcompanyid"),
    "full_name": pl.concat_str(
        _property("firstname"), _property("lastname"), separator=" ", ignore_nulls=True
    ),
    "country": _property("country"),
    "language": _property("hs_language"),
    **_TIMES,
}
MERGED = Rows(
    # those merged away are in no answer any more: the one that remains names them
    over=_property("hs_merged_object_ids").str.split(";"),
    columns={
        "person_ref": "item",
        "merged_into_ref": "id",
        "updated_at": "updated_at",
        "_deleted": pl.lit(value=True),
    },
)
_ADDRESS: Mapping[str, Column] = {
    "person_ref": "id",
    "person_updated_at": "updated_at",
    "_deleted": "archived",
}
_MOBILE = _property("mobilephone")
ADDRESSES = (
    Rows(
        over=_property("hs_additional_emails")
        .str.split(";")
        .list.eval(pl.element().str.strip_chars()),
        where=(pl.col("item") != "") & pl.col("item").ne_missing(_property("email")),
        distinct=True,
        columns={**_ADDRESS, "kind": pl.lit("email"), "value": "item"},
    ),
    Rows(
        where=(_property("phone") != _MOBILE).fill_null(value=False),
        columns={**_ADDRESS, "kind": pl.lit("phone"), "value": _MOBILE},
    ),
)
ACCOUNTS: Mapping[str, Column] = {
    "account_ref": "id",
    "name": _property("name"),
    "domain": _property("domain"),
    "parent_account_ref": _property("hs_parent_company_id"),
    "country": _property("country"),
    **_TIMES,
}
_STAGE, _TYPE = _property("dealstage"), _property("dealtype")
_ENDS = (_TYPE == "cancellation") | ((_STAGE == "closedlost") & (_TYPE != "newbusiness"))
VALUE: Mapping[str, Column] = {
    "event_id": "id",
    "event_type": pl.when(_ENDS)
    .then(pl.lit("subscription_cancelled"))
    .when(_TYPE == "newbusiness")
    .then(pl.lit("subscription_started"))
    .otherwise(pl.lit("subscription_renewed")),
    "person_ref": "contact",
    "account_ref": "company",
    "amount": pl.col("properties.amount").cast(pl.Decimal(18, 4)),
    "currency": _property("deal_currency_code"),
    "status": _STAGE,
    "occurred_at": pl.coalesce("properties.closedate", "created_at"),
    "updated_at": "updated_at",
    # a deal that is open, or was lost before it began, is no event yet
    "_deleted": pl.col("archived") | ~((_STAGE == "closedwon") | _ENDS).fill_null(value=False),
}


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


def _searched(kind: str, modified: str, properties: Sequence[str]) -> Windowed:
    """What changed in a stretch of time, by object id."""

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


def _key(record: bytes) -> str | None:
    found = one(record, _Id)
    return None if found is None else found.id


def _archived(kind: str, properties: Sequence[str]) -> Snapshot:
    """What was archived; being gone from that list means nothing: it was restored or erased."""

    def fetch(api: Api, after: str | None, _reading: Reading) -> Batch:
        page = api.get(
            f"crm/v3/objects/{kind}",
            _Results,
            archived="true",
            limit=_PAGE,
            properties=",".join(properties),
            after=after,
        )
        following = page.paging.next if page.paging else None
        return Batch(
            page.results, next=following.after if following else None, done=following is None
        )

    return Snapshot(fetch, key=_key, overlaps=True)


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


def _endpoints(options: Options) -> dict[str, Endpoint]:
    fields = [(name, str | None, None) for name in options.custom.values()]
    known = {f.name for f in msgspec.structs.fields(Properties)}
    own = [field for field in fields if field[0] not in known]
    properties = msgspec.defstruct("Properties", own, bases=(Properties,))
    record = msgspec.defstruct(
        "Object", [("properties", properties | None, None)], bases=(Object,), rename="camel"
    )
    names = [f.encode_name for f in msgspec.structs.fields(properties)]
    people = {**PEOPLE, **{column: _property(name) for column, name in options.custom.items()}}
    tables: Mapping[str, Mapping[str, Rows | Sequence[Rows]]] = {
        "contacts": {"people": [Rows(people), MERGED], "person_addresses": ADDRESSES},
        "companies": {"accounts": Rows(ACCOUNTS)},
        "deals": {"value_events": Rows(VALUE)},
    }
    found = {}
    for kind, filled in tables.items():
        stream = Stream(record, filled, as_text=True)
        modified = "lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate"
        found[kind] = Endpoint(stream, _searched(kind, modified, names))
        found[f"archived_{kind}"] = Endpoint(stream, _archived(kind, names))
    return found


def _used_up(reply: Reply) -> bool:
    return reply.status == _TOO_MANY and b'"DAILY"' in reply.body


def _auth(secrets: Mapping[str, Secret]) -> Bearer:
    return Bearer(secrets["token"])


CONNECTOR = Connector(
    vendor=Vendor(
        "HubSpot",
        rates={"default": Rate(100, 10), "search": Rate(4, 1)},
        ping="crm/v3/objects/contacts",
        used_up=_used_up,
    ),
    secrets=("token",),
    auth=_auth,
    endpoints=_endpoints,
)
