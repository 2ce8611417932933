"""The people themselves, and what each of those invited would have answered."""

from __future__ import annotations

import polars as pl

from connectors.sandbox.company.block import Block
from connectors.sandbox.company.plan import COUNTRIES, LANGUAGES, SEGMENTS, TEAS, TOUCHPOINTS
from connectors.sandbox.company.responses import contact_ids


def people(block: Block) -> pl.DataFrame:
    """One row per person: names, place, habits, and the `mood` (0 to 10) that they return to."""
    return block.people.select(
        "first", "last", "city",
        person_id="person",
        country=_named("country", COUNTRIES),
        language=_named("language", LANGUAGES),
        segment=_named("segment", SEGMENTS),
        tea=_named("tea", TEAS),
        account=pl.when(pl.col("account") >= 0).then(pl.format("A{}", pl.col("account") + 10_000)),
        family=pl.when(pl.col("family") >= 0).then(
            pl.format("F{}-{}", pl.lit(block.number), "family")
        ),
        known_since=pl.from_epoch("signup", time_unit="s"),
        mood="mood",
    )  # fmt: skip


def everybody(block: Block) -> pl.DataFrame:
    """One row per invitation that arrived: `nps` as they would answer, and whether they did."""
    whom = block.people.select("row", "person")
    asked = block.asked.filter(~pl.col("bounced")).join(
        whom, on="row", how="left", maintain_order="left"
    )
    return asked.select(
        "distribution_id", "response_id", "nps", "answered",
        contact_id=contact_ids(asked["person"]),
        person_id="person",
        touchpoint=_named("survey", TOUCHPOINTS),
        sent_at=pl.from_epoch("sent", time_unit="s"),
    )  # fmt: skip


def _named(column: str, names: tuple[str, ...]) -> pl.Expr:
    return pl.col(column).replace_strict(dict(enumerate(names)), return_dtype=pl.String)
