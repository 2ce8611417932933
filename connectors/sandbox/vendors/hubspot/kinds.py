"""The types of objects: their properties, every one a text, and which come unasked.

Source: developers.hubspot.com/docs/api-reference/crm-contacts-v3, crm-companies-v3, crm-deals-v3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from connectors.sandbox.vendors.protocol import Refuse, Why
from connectors.sandbox.vendors.render import iso_ms


@dataclass(frozen=True)
class Kind:
    """One type of object.

    Attributes:
        properties: By HubSpot's name, what fills it; all but `always` have to be asked for.
        modified: The property that holds the last change.
        links: Columns that hold an associated record's id, by the other type.
    """

    name: str
    table: str
    properties: Mapping[str, pl.Expr]
    always: tuple[str, ...]
    modified: str
    links: Mapping[str, str]


def _text(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.String)


def _amount() -> pl.Expr:
    # 1200.0 is written 1200 or 1200.00 by HubSpot, never in powers of ten
    return pl.col("amount").cast(pl.Decimal(18, 2)).cast(pl.String)


CONTACTS = Kind(
    name="contacts",
    table="hubspot_contacts",
    properties={
        "createdate": iso_ms("created_at"),
        "email": _text("email"),
        "firstname": _text("firstname"),
        "hs_object_id": _text("id"),
        "lastmodifieddate": iso_ms("at"),
        "lastname": _text("lastname"),
        "phone": _text("phone"),
        "mobilephone": _text("mobilephone"),
        "country": _text("country"),
        "hs_language": _text("language"),
        "segment": _text("segment"),
        "customer_number": _text("customer_number"),
        "hs_additional_emails": pl.col("additional_emails").list.join(";").replace("", None),
        "associatedcompanyid": _text("company_id"),
        "hs_merged_object_ids": _text("merged_ids"),
        "hs_calculated_merged_vids": _text("merged_vids"),
    },
    always=("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"),
    modified="lastmodifieddate",
    links={"companies": "company_id"},
)


COMPANIES = Kind(
    name="companies",
    table="hubspot_companies",
    properties={
        "createdate": iso_ms("created_at"),
        "domain": _text("domain"),
        "hs_lastmodifieddate": iso_ms("at"),
        "hs_object_id": _text("id"),
        "name": _text("name"),
        "country": _text("country"),
        "segment": _text("segment"),
        "account_number": _text("account_number"),
        "hs_parent_company_id": _text("parent_id"),
        "hs_merged_object_ids": _text("merged_ids"),
    },
    always=("createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"),
    modified="hs_lastmodifieddate",
    links={},
)


DEALS = Kind(
    name="deals",
    table="hubspot_deals",
    properties={
        "amount": _amount(),
        "closedate": iso_ms("close_date"),
        "createdate": iso_ms("created_at"),
        "dealname": _text("name"),
        "dealstage": _text("stage"),
        "hs_lastmodifieddate": iso_ms("at"),
        "hs_object_id": _text("id"),
        "pipeline": _text("pipeline"),
        "deal_currency_code": _text("currency"),
        "dealtype": _text("deal_type"),
        "product": _text("product"),
        "hs_merged_object_ids": _text("merged_ids"),
    },
    always=(
        "amount",
        "closedate",
        "createdate",
        "dealname",
        "dealstage",
        "hs_lastmodifieddate",
        "hs_object_id",
        "pipeline",
    ),
    modified="hs_lastmodifieddate",
    links={"contacts": "contact_id", "companies": "company_id"},
)


KINDS = {kind.name: kind for kind in (CONTACTS, COMPANIES, DEALS)}


def kind_of(name: str) -> Kind:
    """The type that a path names."""
    if name not in KINDS:
        raise Refuse(Why.UNKNOWN_PATH)
    return KINDS[name]
