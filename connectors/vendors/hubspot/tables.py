"""HubSpot's records, and which columns of ours they fill."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
import polars as pl

from connectors.records import also
from connectors.stream import Column, Rows, Stream
from connectors.vendors.connector import Options
from connectors.vendors.mapping import given


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
    hs_calculated_merged_vids: str | None = None
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


def _merged(key: str, **columns: Column) -> Rows:
    """Those merged away are in no answer any more: the one that remains names them."""
    # contacts name them in either property, `1;2` or with the times of the merges: `1:1772…;2:…`
    named = (_property("hs_merged_object_ids"), _property("hs_calculated_merged_vids"))
    ids = pl.concat_str(named, separator=";", ignore_nulls=True).str.split(";")
    return Rows(
        over=ids.list.eval(pl.element().str.extract(r"^\s*(\d+)")).list.unique(maintain_order=True),
        where=pl.col("item") != pl.col("id"),
        columns={
            key: "item",
            "updated_at": "updated_at",
            "_deleted": pl.lit(value=True),
            **columns,
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
# no tombstone passes the raw gate without them
_EVENT: Mapping[str, Column] = {
    "event_type": pl.lit("subscription_renewed"),
    "occurred_at": "updated_at",
}


def streams(options: Options) -> dict[str, tuple[Stream, list[str]]]:
    """Of each type of object its stream, and the properties to ask for."""
    fields = [(name, str | None, None) for name in options.custom.values()]
    known = {f.name for f in msgspec.structs.fields(Properties)}
    own = [field for field in fields if field[0] not in known]
    properties = msgspec.defstruct("Properties", own, bases=(Properties,))
    record = msgspec.defstruct(
        "Object", [("properties", properties | None, None)], bases=(Object,), rename="camel"
    )
    names = [f.encode_name for f in msgspec.structs.fields(properties)]
    custom = {column: _property(name) for column, name in options.custom.items()}
    people = [Rows({**PEOPLE, **custom}), _merged("person_ref", merged_into_ref="id")]
    tables: Mapping[str, Mapping[str, Sequence[Rows]]] = {
        "contacts": {"people": people, "person_addresses": ADDRESSES},
        "companies": {"accounts": [Rows(ACCOUNTS), _merged("account_ref")]},
        "deals": {"value_events": [Rows(VALUE), _merged("event_id", **_EVENT)]},
    }
    return {kind: (Stream(record, filled, as_text=True), names) for kind, filled in tables.items()}
