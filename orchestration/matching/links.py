"""Runs the pass: staging.stg_people -> matching.links, which dbt reads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from orchestration.matching import config as configuration
from orchestration.matching import model, people
from orchestration.matching.config import MatchingConfig
from orchestration.settings import Settings
from orchestration.warehouse import connect
from orchestration.warehouse.sql import literal

_NOBODY = pl.DataFrame(schema={"a": pl.Int64, "b": pl.Int64, "probability": pl.Float64})


@dataclass(frozen=True)
class Matches:
    """What one pass found."""

    people: int
    links: int
    to_review: int
    model: str
    untrained: list[str]


def run(settings: Settings, file: Path) -> Matches:
    """Compare everybody, and replace what the last pass found; the caller holds the writer gate.

    Raises:
        FixConfiguration: The YAML is wrong, or there is nothing to learn from.
        FixEnvironment: Splink is not installed.
    """
    config = configuration.read(file)
    version = config.version
    learnt = settings.data / "matching" / f"{version}.json"
    with connect(settings.warehouse) as connection:
        everybody = people.read(connection, config)
        alike = model.score(everybody, config, learnt) if everybody.height > 1 else _NOBODY
        pairs = _named(everybody, alike, config)
        connection.register("pairs", pairs.to_arrow())
        connection.execute(
            "begin; delete from matching.links; insert into matching.links by name "
            f"select *, {literal(version)} as model from pairs; commit"
        )
    links = pairs.filter(verdict="link").height
    return Matches(everybody.height, links, pairs.height - links, version, model.untrained(learnt))


def _named(everybody: pl.DataFrame, pairs: pl.DataFrame, config: MatchingConfig) -> pl.DataFrame:
    """Pairs by who they are at their sources, and what is made of them."""
    who = everybody.select("person", "source", "person_ref")
    sides = (
        who.rename({"person": side, **{c: f"{c}_{side}" for c in who.columns[1:]}}) for side in "ab"
    )
    for side, named in zip("ab", sides, strict=True):
        pairs = pairs.join(named, on=side, how="inner")
    link = pl.col("probability") >= config.link_from
    return pairs.select(
        "source_a",
        "person_ref_a",
        "source_b",
        "person_ref_b",
        "probability",
        verdict=pl.when(link).then(pl.lit("link")).otherwise(pl.lit("review")),
    )
