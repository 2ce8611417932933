"""HubSpot's companies: the firms of a block, and which are branches of others."""

from __future__ import annotations

import numpy as np
import polars as pl

from connectors.sandbox.company.plan import COUNTRIES, DAY, SEGMENTS, Plan
from connectors.sandbox.company.tables import Tables, table, texts

COMPANIES_FROM = 9_000_000_000


def firm_tables(plan: Plan, people: pl.DataFrame) -> Tables:
    """Companies of a block."""
    firms = (
        people.filter(pl.col("account") >= 0)
        .group_by("account", maintain_order=True)
        .agg(pl.first("company", "domain", "country", "segment"), pl.min("signup"))
    )
    created = firms["signup"].to_numpy()
    created = np.where(created < plan.start, plan.start + 60, created)
    account = firms["account"].to_numpy()
    chain = (account % 7 == 3) & np.isin(account - 1, account)
    columns = {
        "id": COMPANIES_FROM + account * 10,
        "at": created,
        "name": firms["company"],
        "domain": firms["domain"],
        "country": texts(list(COUNTRIES), firms["country"].to_numpy()),
        "segment": texts(list(SEGMENTS), firms["segment"].to_numpy()),
        "account_number": pl.select(pl.format("A{}", pl.Series(account + 10_000))).to_series(),
        "created_at": created,
        "archived": np.zeros(len(account), dtype=bool),
    }
    founded = table("hubspot_companies", columns, plan.end)
    # branches are found to belong to a house once both are known
    first = dict(zip(account.tolist(), created.tolist(), strict=True))
    parent = np.array([first.get(number - 1, 0) for number in account.tolist()], dtype=np.int64)
    later = {
        **columns,
        "at": np.maximum(created, parent) + 3 * DAY,
        "parent_id": COMPANIES_FROM + (account - 1) * 10,
    }
    found = table(
        "hubspot_companies", pl.DataFrame(later).filter(pl.Series(chain)).to_dict(), plan.end
    )
    return {"hubspot_companies": pl.concat([founded, found]).sort("at", "id")}
