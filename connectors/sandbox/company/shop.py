"""The shop's part: orders and refunds, with the address that was typed at the checkout."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from connectors.sandbox.company.contacts import mistyped, written_phone
from connectors.sandbox.company.ids import woven
from connectors.sandbox.company.plan import CURRENCY, DAMAGED, DAY, PRICES, TEAS, Plan
from connectors.sandbox.company.tables import Tables, table, texts

ORDERS_FROM = 10_000_000


def number_orders(plan: Plan, orders: pl.DataFrame, block: int) -> pl.DataFrame:
    """With `order`, the number that customers know."""
    number = woven(ORDERS_FROM, len(orders), block - 1, plan.config.blocks)
    return orders.with_columns(order="HH" + pl.Series(number).cast(pl.String))


def order_tables(plan: Plan, rng: Generator, people: pl.DataFrame, orders: pl.DataFrame) -> Tables:
    """Every order; a refund for some of those that went wrong."""
    whom = people[orders["row"].to_numpy()]
    count = len(orders)
    typed = _typed(rng, people, orders["row"])
    tea, country = orders["tea"].to_numpy(), whom["country"]
    quantity = orders["quantity"].to_numpy()
    # guests pay by invoice address only
    guest = whom["guest"]
    columns = {
        "order_id": orders["order"],
        "at": orders["at"],
        "event_type": pl.repeat("order", count, eager=True),
        "customer_number": whom["number"].set(guest | pl.Series(rng.random(count) < 0.02), None),
        "email": typed,
        "phone": written_phone(people["phone"], rng.random(len(people)))
        .gather(orders["row"])
        .set(pl.Series(rng.random(count) < 0.4), None),
        "account_number": pl.select(
            pl.when(whom["account"] >= 0).then(pl.format("A{}", whom["account"] + 10_000))
        ).to_series(),
        "amount": np.round(PRICES[tea] * quantity + np.where(quantity > 2, 0, 3.9), 2),
        "currency": texts(list(CURRENCY), country.to_numpy()),
        "quantity": quantity,
        "product": texts(TEAS, tea),
        "status": texts(["paid", "invoiced"], (rng.random(count) < 0.2).astype(np.int64)),
        "occurred_at": orders["at"],
    }
    sold = pl.DataFrame(columns)
    wrong = (orders["theme"] <= DAMAGED + 1).to_numpy() & (orders["theme"] > 0).to_numpy()
    back = rng.random(count) < np.where(
        wrong, 0.4, np.where(orders["billing"].to_numpy(), 0.3, 0.002)
    )
    when = orders["delivered"].to_numpy() + rng.integers(DAY, 12 * DAY, count)
    refund = sold.with_columns(
        order_id=sold["order_id"] + "-R",
        at=pl.Series(when),
        occurred_at=pl.Series(when),
        event_type=pl.lit("refund"),
        status=pl.lit("refunded"),
    ).filter(pl.Series(back))
    both = pl.concat([sold, refund])
    return {"orders": table("orders", both, plan.end).sort("at", "order_id")}


def _typed(rng: Generator, people: pl.DataFrame, row: pl.Series) -> pl.Series:
    """The address at the checkout: mostly the usual one, in any case; a desk's for some firms."""
    email, second = people["email"], people["email_2"].fill_null(people["email"])
    desk = people["shared_email"].fill_null(people["email"])
    wrong = mistyped(email, rng.random(len(people)))
    dice = rng.random(len(row))
    kind = np.digitize(dice, [0.7, 0.76, 0.86, 0.863])
    # all addresses in one column, one stretch for each way to type them
    pool = pl.concat([email, email.str.to_uppercase(), second, wrong, desk])
    place = kind * len(people) + row.to_numpy()
    # a few borrow somebody else's address once: no rule can tell them apart
    for borrower in rng.integers(1, len(people), len(people) // 4000):
        theirs = np.flatnonzero(row.to_numpy() == borrower)
        place[theirs[:1]] = borrower - 1
    return pool.gather(place)
