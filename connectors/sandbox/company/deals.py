"""HubSpot's deals: subscriptions that start, are renewed, and end."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from connectors.sandbox.company.firms import COMPANIES_FROM
from connectors.sandbox.company.ids import woven
from connectors.sandbox.company.known import MS
from connectors.sandbox.company.plan import CURRENCY, DAY, HOUR, PRICES, TEAS, Plan
from connectors.sandbox.company.tables import Tables, table, texts
from connectors.sandbox.company.versions import versions

DEALS_FROM = 41_000_000_000
_TYPES = ["newbusiness", "renewal", "cancellation", "renewal"]
_NAMES = ["subscription", "renewal", "cancellation", "renewal"]


def deal_tables(
    plan: Plan, rng: Generator, people: pl.DataFrame, terms: pl.DataFrame, block: int
) -> Tables:
    """A deal for each start, won at once, each renewal, open a fortnight before, and each end."""
    known = people.select(
        "row", "contact", "account", "first", "last", "tea", "country", "interval", "created"
    )
    terms = terms.join(known, on="row", how="left", maintain_order="left")
    terms = terms.filter(pl.col("contact").is_not_null(), pl.col("at") < plan.end)
    tea, kind = terms["tea"].to_numpy(), terms["kind"].to_numpy()
    # half a year of boxes
    amount = np.round(PRICES[tea] * 182 / terms["interval"].to_numpy(), 2)
    at = terms["at"].to_numpy() * MS + rng.integers(0, MS, len(terms))
    opened = np.where(
        kind % 2 == 1, at - 14 * DAY * MS, at - rng.integers(60, HOUR, len(terms)) * MS
    )
    opened = np.maximum(opened, terms["created"].to_numpy() + 10)
    terms = terms.with_columns(
        id=woven(DEALS_FROM, len(terms), block - 1, plan.config.blocks),
        name=pl.format("{} {}, {} {}", texts(TEAS, tea), texts(_NAMES, kind), "first", "last"),
        amount=amount,
        currency=texts(list(CURRENCY), terms["country"].to_numpy()),
        deal_type=texts(_TYPES, kind),
        product=texts(TEAS, tea),
        opened=opened,
        closed=np.maximum(at, opened + 1),
        company_id=pl.when(pl.col("account") >= 0).then(COMPANIES_FROM + pl.col("account") * 10),
        archived=pl.lit(value=False),
    )
    frame = versions(_steps(terms), "id").sort("at", "id")
    frame = frame.with_columns(
        (pl.col(name) * MS).cast(pl.Datetime("us")) for name in ("at", "created_at", "close_date")
    )
    return {"hubspot_deals": table("hubspot_deals", frame, plan.end)}


def _steps(terms: pl.DataFrame) -> list[pl.DataFrame]:
    stays = ["id", "name", "amount", "currency", "deal_type", "product", "company_id", "archived"]
    won = pl.when(pl.col("kind") < 2).then(pl.lit("closedwon")).otherwise(pl.lit("closedlost"))
    opened = terms.select(
        *stays,
        at="opened",
        created_at="opened",
        contact_id="contact",
        pipeline=pl.lit("subscriptions"),
        stage=pl.lit("open"),
    )
    return [opened, terms.select("id", at="closed", close_date="closed", stage=won)]
