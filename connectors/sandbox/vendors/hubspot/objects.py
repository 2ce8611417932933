"""Contacts, companies and deals as HubSpot holds them: every property a text.

Default properties and names after developers.hubspot.com/docs/api-reference/crm-contacts-v3,
crm-companies-v3 and crm-deals-v3. A merged contact is gone from every list; the one that remains
names it in `hs_merged_object_ids` (unverified: also those merged into the merged one).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from connectors.sandbox.vendors.protocol import Refuse, Why
from connectors.sandbox.vendors.render import iso_ms, joined, record, texts
from connectors.sandbox.vendors.world import World


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


def rows_of(world: World, kind: Kind, *, archived: bool = False) -> pl.DataFrame:
    """The records that can be listed, by id, with every property as a column of its own."""

    def make() -> pl.DataFrame:
        rows = world.records.current(kind.table)
        if kind is CONTACTS:
            rows = _without_merged(rows)
        shown = pl.col("archived").fill_null(value=False) == archived
        return (
            rows.filter(shown)
            .with_columns(p.alias(f"p:{n}") for n, p in kind.properties.items())
            .sort("id")
        )

    return world.records.memo(("hubspot", kind.name, archived), make)


def merged_roots(world: World) -> dict[int, int]:
    """Of every contact merged away, the one that remains."""
    return world.records.memo(
        "hubspot roots", lambda: _roots(world.records.current(CONTACTS.table))
    )


def wanted(kind: Kind, asked: list[str]) -> list[str]:
    """The properties to show; those that HubSpot does not know are passed over in silence."""
    return [name for name in dict.fromkeys(asked or kind.always) if name in kind.properties]


def as_json(
    kind: Kind, rows: pl.DataFrame, names: list[str], *, archived: bool = False, links: list[str]
) -> list[str]:
    """Records as JSON texts."""
    always = {"createdate", "hs_object_id", kind.modified}
    shown = [*names, *sorted(always - set(names))]
    properties = record({n: f"p:{n}" for n in shown})
    raw: dict[str, object | pl.Expr] = {"properties": properties}
    fields: dict[str, str | pl.Expr] = {
        "id": "p:hs_object_id",
        "createdAt": "p:createdate",
        "updatedAt": f"p:{kind.modified}",
        "archived": pl.lit(archived),
    }
    if archived:
        fields["archivedAt"] = iso_ms("at")
    if any(link in kind.links for link in links):
        raw["associations"] = _associations(kind, links)
    return texts(rows, record(fields, raw))


def _associations(kind: Kind, links: list[str]) -> pl.Expr:
    """The associations asked for, those without any left out."""
    parts = [
        joined(
            f'"{other}":{{"results":[{{"id":"',
            _text(kind.links[other]),
            f'","type":"{_single(kind.name)}_to_{_single(other)}"}}]}}',
        )
        for other in links
        if other in kind.links
    ]
    return joined("{", pl.concat_str(parts, separator=",", ignore_nulls=True), "}")


def _single(name: str) -> str:
    return {"companies": "company"}.get(name, name[:-1])


def _without_merged(rows: pl.DataFrame) -> pl.DataFrame:
    roots = _roots(rows)
    losers = pl.DataFrame(
        {"loser": list(roots), "root": list(roots.values())},
        schema={"loser": pl.Int64, "root": pl.Int64},
    )
    merged = (
        losers.join(rows.select(loser="id", merged_at="at"), on="loser")
        .sort("loser")
        .group_by("root")
        .agg(merged_ids=pl.col("loser").cast(pl.String), merged_at=pl.col("merged_at").max())
    )
    return (
        rows.filter(~pl.col("gone").fill_null(value=False) & pl.col("merged_into_id").is_null())
        .join(merged, left_on="id", right_on="root", how="left")
        # a merge is a change of the one that remains
        .with_columns(
            at=pl.max_horizontal("at", "merged_at"), merged_ids=pl.col("merged_ids").list.join(";")
        )
    )


def _roots(rows: pl.DataFrame) -> dict[int, int]:
    merged = rows.filter(pl.col("merged_into_id").is_not_null())
    into = dict(zip(merged["id"].to_list(), merged["merged_into_id"].to_list(), strict=True))
    roots = {}
    for loser in into:
        root, seen = loser, set[int]()
        while root in into and root not in seen:
            seen.add(root)
            root = into[root]
        roots[loser] = root
    return roots
