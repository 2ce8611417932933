"""How much of a machine DuckDB takes while models are built."""

from __future__ import annotations

import json
from collections.abc import Callable

import duckdb
import pytest
from pydantic import ValidationError
from warehouse import Warehouse

from orchestration.dbt import findings
from orchestration.settings import Settings


@pytest.mark.parametrize(
    ("told", "limit"),
    [("4GB", "3.7 GiB"), ("500 MB", "476.8 MiB"), ("1.5GiB", "1.5 GiB"), ("1TB", "931.3 GiB")],
)
def test_duckdb_understands_the_memory_that_is_set(told: str, limit: str) -> None:
    options = json.loads(Settings(model_memory=told).dbt_environment["EARFUL_DUCKDB_CONFIG"])

    with duckdb.connect(config=options) as database:
        shown = database.execute("select current_setting('memory_limit')").fetchall()

    assert shown == [(limit,)]


@pytest.mark.parametrize("told", ["lots", "80%", "4", "-1GB", "4GB; drop table x"])
def test_what_is_no_amount_of_memory_is_refused(told: str) -> None:
    with pytest.raises(ValidationError, match="model_memory"):
        Settings(model_memory=told)


def test_without_a_setting_duckdb_decides() -> None:
    assert Settings().dbt_environment["EARFUL_DUCKDB_CONFIG"] == "{}"


def test_what_had_too_little_memory_is_named() -> None:
    with (
        duckdb.connect(config={"memory_limit": "1MB"}) as database,
        pytest.raises(duckdb.Error) as raised,
    ):
        database.execute("create table large as select i, hash(i) from range(10000000) as t(i)")
    results = [
        {"unique_id": "model.earful.cases", "status": "error", "message": str(raised.value)},
        {"unique_id": "model.earful.scores", "status": "error", "message": "Parser Error: no"},
        {"unique_id": "model.earful.reviews", "status": "success", "message": None},
        {"unique_id": "seed.earful.themes", "status": "skipped", "message": None},
    ]

    assert findings.out_of_memory(results) == ["cases"]


@pytest.mark.slow
def test_the_profile_hands_them_to_duckdb(warehouse: Callable[[str], Warehouse]) -> None:
    shown = "select current_setting('threads') as threads"

    # what a warehouse of the tests says of itself, which parses nothing anew
    said = warehouse("any").dbt("show", "--inline", shown, "--output", "json")

    assert '"threads": 1' in said
