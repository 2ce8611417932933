"""Who wrote, for whom and to which team, as Zendesk tells it, in the contracts' terms."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from connectors.stream import Column, Rows
from connectors.vendors.mapping import given, renamed, text

_ADDRESSES = {"email": "email", "phone_number": "phone"}
"""Types of identities by which one can be written to or called; others are accounts elsewhere."""

_CUSTOMER = (pl.col("role") == "end-user").fill_null(value=True)
_GONE = ~pl.col("active").fill_null(value=True)

PEOPLE = Rows(
    where=_CUSTOMER,
    columns={
        "person_ref": text("id"),
        "email": given("email"),
        "phone": given("phone"),
        "external_id": given("external_id"),
        "account_ref": text("organization_id"),
        "full_name": given("name"),
        "language": "locale",
        "created_at": "created_at",
        "updated_at": "updated_at",
        "_deleted": _GONE,
    },
)

_ADDRESS = given("identities.value")
ADDRESSES = Rows(
    each="identities",
    where=_CUSTOMER
    & pl.col("identities.type").is_in(list(_ADDRESSES))
    # a user's main addresses are identities too
    & _ADDRESS.ne_missing(given("email"))
    & _ADDRESS.ne_missing(given("phone"))
    & _ADDRESS.is_not_null(),
    distinct=True,
    columns={
        "person_ref": text("id"),
        "kind": renamed("identities.type", _ADDRESSES),
        "value": _ADDRESS,
        "person_updated_at": "updated_at",
        "_deleted": _GONE,
    },
)

ACCOUNTS: Mapping[str, Column] = {
    "account_ref": text("id"),
    "name": "name",
    "external_id": given("external_id"),
    "domain": pl.col("domain_names").list.first(),
    "created_at": "created_at",
    "updated_at": "updated_at",
    "_deleted": pl.col("deleted_at").is_not_null(),
}

TEAMS: Mapping[str, Column] = {
    "team_ref": text("id"),
    "name": "name",
    "updated_at": "updated_at",
}
