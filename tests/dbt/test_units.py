"""dbt's own unit tests: each formula against numbers computed by hand. Runs leave them out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from warehouse import Warehouse

pytestmark = pytest.mark.slow


def test_every_unit_test_passes(warehouse: Callable[[str], Warehouse]) -> None:
    # a unit test reads the types of its inputs from tables that exist
    empty = warehouse("empty")
    empty.dbt("build", "--exclude-resource-type", "test", artifacts=True)

    results = json.loads((empty.folder / "target" / "run_results.json").read_text())["results"]
    units = [r for r in results if r["unique_id"].startswith("unit_test.")]
    assert len(units) == len(empty.manifest()["unit_tests"]) > 10
    assert {r["status"] for r in units} == {"pass"}


def test_a_model_in_slices_compiles_where_nothing_was_built(
    warehouse: Callable[[str], Warehouse],
) -> None:
    compiled = warehouse("empty").dbt("compile", "--select", "journey_steps", "journeys")

    assert compiled.count("as touched_parties where slice =") >= 2
