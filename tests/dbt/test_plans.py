"""How DuckDB goes about the models: a join with a key never compares every row with every other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from synthetic import Company
from warehouse import SEEDS, Warehouse

pytestmark = pytest.mark.slow

# made of temporary tables that their own build makes
OF_TEMPORARY = {
    "int_identity_clusters",
    "int_identity_overrides",
    "journey_steps",
    "journeys",
}


def conjuncts(condition: str) -> list[str]:
    """What has to hold all at once: `((a = b) AND c)` is `a = b` and `c`."""
    told, depth = condition.strip(), 0
    if told.startswith("(") and told.endswith(")"):
        told = told[1:-1]
    for place, letter in enumerate(told):
        depth += (letter == "(") - (letter == ")")
        if depth < 0:
            return [condition]  # the outer brackets were of two terms
        if depth == 0 and told[place:].startswith(" AND "):
            return conjuncts(told[:place]) + conjuncts(told[place + 5 :])
    return [told]


def joins(node: dict[str, Any]) -> list[str]:
    """Conditions of the joins in a plan that have no hash table."""
    told = node.get("extra_info", {})
    found = [str(told.get("Condition"))] if node["name"].strip() == "BLOCKWISE_NL_JOIN" else []
    return found + [one for child in node.get("children", []) for one in joins(child)]


def keys(db: duckdb.DuckDBPyConnection, query: str) -> list[str]:
    """Equal columns by which two relations could have been joined, and were not."""
    [(_, plan)] = db.execute(f"explain (format json) {query}").fetchall()
    return [
        term
        for condition in json.loads(plan)
        for join in joins(condition)
        for term in conjuncts(join)
        if len(sides := term.split(" = ")) == 2 and all(side.isidentifier() for side in sides)
    ]


def test_a_join_with_a_key_uses_it(tmp_path: Path) -> None:
    house = Warehouse(tmp_path / "house")
    for portion in Company(7, people=60).portions(1):
        house.load(portion)
    models = ("--resource-type", "seed", "--resource-type", "model")
    house.dbt("build", *models, seeds=SEEDS, artifacts=True)
    results = json.loads((house.folder / "target" / "run_results.json").read_text())["results"]
    compiled = {
        node.rpartition(".")[2]: result["compiled_code"]
        for result in results
        if (node := result["unique_id"]).startswith("model.")
    }
    assert compiled.keys() > OF_TEMPORARY

    with house.open() as db:
        found = {
            name: keys(db, query)
            for name, query in compiled.items()
            if query and name not in OF_TEMPORARY
        }

    assert len(found) > 80
    assert {name: terms for name, terms in found.items() if terms} == {}


def test_a_condition_of_one_side_beside_a_key_is_found() -> None:
    with duckdb.connect() as db:
        db.execute("create table a as select i, i % 2 = 0 as even from range(1000) as t(i)")

        beside = keys(db, "select * from a left join a as b on a.i = b.i and a.even")
        inside = keys(db, "select * from a left join a as b on case when a.even then a.i end = b.i")

    assert (beside, inside) == (["i = i"], [])
