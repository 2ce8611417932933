"""Three initiatives: one works, one does nothing, one only seems to work."""

from __future__ import annotations

from typing import Any

import polars as pl

from connectors.sandbox.company.asked import DELIVERY
from connectors.sandbox.company.block import Block
from connectors.sandbox.company.desk import CALLED_BACK, CALLED_BACK_UNTIL
from connectors.sandbox.company.experience import CARRIER_FACTOR
from connectors.sandbox.company.plan import BOX_COUNTRIES, CARRIER_COUNTRIES, COUNTRIES, DAY, Plan
from connectors.sandbox.company.truth.counts import Fact, Tallies, iso, nps, one, rates, thousandths

_SOMEWHERE = {COUNTRIES[n] for n in (*CARRIER_COUNTRIES, *BOX_COUNTRIES)}


def initiatives(plan: Plan, tallies: Tallies) -> list[Fact]:
    """What was done, since when and for whom, and what it did."""
    carrier = _initiative(
        "second carrier", "works", plan.carrier, CARRIER_COUNTRIES, tallies["carrier"]
    )
    box = _initiative(
        "welcome box", "does nothing", plan.welcome_box, BOX_COUNTRIES, tallies["welcome_box"]
    )
    carrier["late_parcels_times"] = CARRIER_FACTOR
    box["effect_points"] = 0
    return [carrier, box, _callback(plan, tallies)]


def _initiative(name: str, verdict: str, start: int, countries: Any, seen: pl.DataFrame) -> Fact:  # noqa: ANN401
    where = [COUNTRIES[n] for n in countries]
    others = [name for name in COUNTRIES if name not in _SOMEWHERE]
    treated = pl.col("country").is_in(where)
    group = pl.when(treated).then(pl.lit("treated")).otherwise(pl.lit("others"))
    seen = seen.filter(treated | pl.col("country").is_in(others))
    cells = rates(seen.group_by("period", group=group).agg(pl.exclude("country").sum()))
    cells = cells.with_columns(late=(pl.col("late") / pl.col("n")).round(4))
    table = {
        f"{row['group']} {row['period']}": row for row in cells.sort("group", "period").to_dicts()
    }
    keep = ("n", "nps", "mean", "late")
    means = {key: row["mean"] for key, row in table.items()}
    whole = {"treated after", "treated before", "others after", "others before"} <= set(means)
    return {
        "name": name,
        "verdict": verdict,
        "start": iso(start),
        "countries": where,
        "others": others,
        "true_after_delivery": {key: {k: row[k] for k in keep} for key, row in table.items()},
        "difference_in_differences_points": round(
            means["treated after"]
            - means["treated before"]
            - means["others after"]
            + means["others before"],
            3,
        )
        if whole
        else None,
    }


def _callback(plan: Plan, tallies: Tallies) -> Fact:
    seen = tallies["callback"].with_columns(
        first=(pl.col("first") / pl.col("n")).round(3),
        following=(pl.col("following") / pl.col("n")).round(3),
    )
    return {
        "name": "callback",
        "verdict": "only seems to work: regression to the mean",
        "start": iso(plan.callback),
        "tag": "callback",
        "chosen": "answers of 0 to 6 after delivery, every second one by a coin",
        "mean_first_and_next_answer": {
            "called" if row["called"] == "yes" else "not called": {
                k: row[k] for k in ("n", "first", "following")
            }
            for row in seen.to_dicts()
        },
        "effect_points": 0,
    }


def before_and_after(reached: pl.DataFrame, block: Block, start: int) -> pl.DataFrame:
    """Deliveries within a year around a start, by country."""
    late = block.orders.select("order", "late")
    around = reached.filter(
        pl.col("survey") == DELIVERY,
        pl.col("sent").is_between(start - 365 * DAY, start + 365 * DAY),
    ).join(late, on="order", how="left")
    return around.select(
        country=pl.col("country").replace_strict(
            dict(enumerate(COUNTRIES)), return_dtype=pl.String
        ),
        period=pl.when(pl.col("sent") < start).then(pl.lit("before")).otherwise(pl.lit("after")),
        n=one(),
        late=pl.col("late").cast(pl.Int64),
        said=thousandths(),
        **nps(),
    )


def called_back(plan: Plan, block: Block) -> pl.DataFrame:
    """Unhappy answers about deliveries since the start: their next answer, called back or not."""
    answers = (
        block.asked.filter("answered")
        .sort("row", "completed")
        .with_columns(following=pl.col("nps").shift(-1).over("row"))
    )
    unhappy = answers.filter(
        pl.col("survey") == DELIVERY, pl.col("nps") <= CALLED_BACK_UNTIL,
        pl.col("completed") >= plan.callback, pl.col("phone").is_not_null(),
    )  # fmt: skip
    rung = block.tickets.filter(pl.col("kind") == CALLED_BACK).select("order", called=pl.lit("yes"))
    unhappy = unhappy.join(rung, on="order", how="left").filter(pl.col("following").is_not_null())
    return unhappy.select(
        called=pl.col("called").fill_null("no"), n=one(), first="nps", following="following"
    )
