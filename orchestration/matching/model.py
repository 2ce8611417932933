"""The statistical model: learnt by Splink from the people themselves, kept as JSON.

A model is learnt once per configuration, so that customers do not change with every run's luck;
removing its file has it learnt anew. It holds weights, no person.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from connectors.errors import FixConfiguration
from orchestration.matching.config import Comparison, MatchingConfig, Rule
from orchestration.warehouse import scratch
from orchestration.warehouse.sql import quote

if TYPE_CHECKING:
    from splink import Linker, SettingsCreator
    from splink.internals.comparison_creator import ComparisonCreator

    from orchestration.warehouse import Connection

_NEAR: dict[str, list[float]] = {"name": [0.92, 0.88, 0.7], "text": [1, 2], "date": [1, 2]}


def score(people: pl.DataFrame, config: MatchingConfig, file: Path) -> pl.DataFrame:
    """Pairs of people and the probability that they are one: `a`, `b`, `probability`.

    Args:
        people: Everybody, from `people.read`.
        config: The pass.
        file: Where the learnt model is kept; learnt now where it is missing.

    Raises:
        FixConfiguration: There is nothing to learn from.
    """
    with scratch() as connection:
        connection.register("read", people.to_arrow())
        connection.execute("create table people as select * from read")
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            learnt = _learn(_linker(connection, _settings(config)), config)
            file.write_text(json.dumps(learnt, indent=1, sort_keys=True))
        return _pairs(connection, _linker(connection, _known(config, file)), config)


def _pairs(connection: Connection, linker: Linker, config: MatchingConfig) -> pl.DataFrame:
    found = linker.inference.predict(
        threshold_match_probability=config.review_from, warning_mode="never"
    )
    return connection.sql(
        "select least(person_l, person_r) as a, greatest(person_l, person_r) as b, "
        f"match_probability as probability from {quote(found.physical_name)} order by a, b"
    ).pl()


def untrained(file: Path) -> list[str]:
    """Steps of comparisons that no pair of the training showed: they count by a default."""
    if not file.exists():
        return []
    model = json.loads(file.read_text())
    return [
        f"{comparison['output_column_name']}: {level['label_for_charts']}"
        for comparison in model["comparisons"]
        for level in comparison["comparison_levels"]
        if not level.get("is_null_level")
        and ("m_probability" not in level or "u_probability" not in level)
    ]


def _linker(connection: Connection, settings: SettingsCreator | dict[str, Any]) -> Linker:
    # imported here: it takes a second, and is optional
    from splink import DuckDBAPI, Linker  # noqa: PLC0415

    people = DuckDBAPI(connection).register("people")
    return Linker(people, settings, log_level=logging.ERROR)


def _learn(linker: Linker, config: MatchingConfig) -> dict[str, Any]:
    training = linker.training
    try:
        training.estimate_probability_two_random_records_match(
            [_sql(rule) for rule in config.sure], recall=config.sure_share
        )
        training.estimate_u_using_random_sampling(max_pairs=config.sample_pairs, seed=1)
        for rule in config.train_on:
            training.estimate_parameters_using_expectation_maximisation(_sql(rule))
    # theirs names neither file nor key, and may hold values
    except Exception as error:
        raise FixConfiguration(
            "MATCHING-LEARN",
            "matching",
            f"nothing could be learnt from the people there are ({type(error).__name__})",
            "Fewer or wider rules in train_on and sure, or a smaller sure_share, may do; "
            "with a few hundred people, none will.",
        ) from error
    learnt: dict[str, Any] = linker.misc.save_model_to_json()
    return learnt


def _settings(config: MatchingConfig) -> SettingsCreator:
    from splink import SettingsCreator  # noqa: PLC0415

    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="person",
        comparisons=[_comparison(comparison) for comparison in config.compare],
        blocking_rules_to_generate_predictions=[],
        retain_matching_columns=False,
        # who learnt it is no part of what was learnt
        linker_uid="earful",
    )


def _known(config: MatchingConfig, file: Path) -> dict[str, Any]:
    """The model as it was learnt, with today's blocking rules: they are no part of it."""
    model: dict[str, Any] = json.loads(file.read_text())
    apart = "" if config.within_source else " and l.source <> r.source"
    rules = [{"blocking_rule": _sql(rule) + apart} for rule in config.block_on]
    return model | {"blocking_rules_to_generate_predictions": rules}


def _comparison(comparison: Comparison) -> ComparisonCreator:
    import splink.comparison_library as library  # noqa: PLC0415

    field, kind = comparison.field, comparison.kind
    near = comparison.near or _NEAR.get(kind, [])
    made: ComparisonCreator
    match kind:
        case "exact":
            made = library.ExactMatch(field)
        case "name":
            made = library.JaroWinklerAtThresholds(field, near)
        case "text":
            made = library.LevenshteinAtThresholds(field, [int(step) for step in near])
        case "date":
            made = library.DamerauLevenshteinAtThresholds(field, [int(step) for step in near])
        case "email":
            made = library.EmailComparison(field)
    rare = kind == "name" if comparison.rare is None else comparison.rare
    return made.configure(term_frequency_adjustments=True) if rare else made


def _sql(rule: Rule) -> str:
    return " and ".join(f"l.{quote(field)} = r.{quote(field)}" for field in rule)
