"""An upgrade makes the tables anew that other code made, and those alone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from house import House

from connectors.errors import FixConfiguration
from orchestration.dbt import manifest as dbt_manifest
from orchestration.dbt import rebuilds
from orchestration.settings import Settings

Edit = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    settings = Settings(data=tmp_path_factory.mktemp("parsed"))
    content: dict[str, Any] = json.loads(dbt_manifest.ensure(settings).read_bytes())
    return content


@pytest.fixture
def drop(
    house: House, manifest: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., set[str]]:
    """Fill every incremental table, then have those dropped that other code made."""
    tables = [
        node["relation_name"]
        for node in manifest["nodes"].values()
        if node["config"].get("materialized") == "incremental"
    ]

    def dropped(edit: Edit = lambda _: None) -> set[str]:
        with duckdb.connect(house.settings.warehouse) as db:
            db.execute(f"attach '{house.settings.release}' as release")
            for table in tables:
                db.execute(f"create schema if not exists {table.rpartition('.')[0]}")
                db.execute(f"create table if not exists {table} as select 1 as one")
        now = json.loads(json.dumps(manifest))
        edit(now)
        path = tmp_path / "manifest.json"
        path.write_text(json.dumps(now))
        monkeypatch.setattr(dbt_manifest, "ensure", lambda _settings: path)
        named = set(rebuilds.drop_outdated(house.settings))
        assert named == {table.split(".")[-1].strip('"') for table in tables} - _left(house)
        return named

    house.settings.warehouse.parent.mkdir(parents=True)
    return dropped


def _left(house: House) -> set[str]:
    with duckdb.connect(house.settings.warehouse) as db:
        db.execute(f"attach '{house.settings.release}' as release")
        return {name for (name,) in db.execute("select table_name from duckdb_tables()").fetchall()}


@pytest.mark.slow
def test_tables_of_unknown_making_go_but_the_history_of_ids(drop: Callable[..., set[str]]) -> None:
    assert {"stg_people", "int_placed_voices", "journeys"} < drop()


def test_history_stays(drop: Callable[..., set[str]]) -> None:
    assert "int_customer_ids" not in drop()


def test_nothing_goes_while_the_code_is_the_same(drop: Callable[..., set[str]]) -> None:
    drop()
    assert drop() == set()


def test_a_changed_model_takes_along_what_is_made_of_it(drop: Callable[..., set[str]]) -> None:
    def edit(manifest: dict[str, Any]) -> None:
        # a view: what reads it is what has to be made anew
        manifest["nodes"]["model.earful.int_voices"]["checksum"]["checksum"] = "another"

    drop()
    gone = drop(edit)
    assert {"int_placed_voices", "journeys"} < gone
    assert not gone & {"stg_people", "int_mention_versions", "int_verbatims"}


def test_a_changed_macro_takes_along_who_calls_it(drop: Callable[..., set[str]]) -> None:
    def edit(manifest: dict[str, Any]) -> None:
        # what masks is called through a macro of the engine
        manifest["macros"]["macro.earful.redacted"]["macro_sql"] += "-- another"

    drop()
    gone = drop(edit)
    assert {"int_verbatims", "comments"} < gone
    assert not gone & {"stg_people", "int_mention_versions", "int_placed_voices"}


def test_a_changed_table_of_ours_counts_as_code_and_a_seed_does_not(
    drop: Callable[..., set[str]],
) -> None:
    def edit(name: str) -> Edit:
        def changed(manifest: dict[str, Any]) -> None:
            manifest["nodes"][f"seed.earful.{name}"]["checksum"]["checksum"] = "another"

        return changed

    drop()
    assert drop(edit("question_map")) == set()
    assert "int_mention_versions" in drop(edit("email_providers"))


def test_a_seed_that_came_with_the_upgrade_is_asked_for(tmp_path: Path) -> None:
    seeds = tmp_path / "seeds"
    shutil.copytree(dbt_manifest.PROJECT / "seeds", seeds)
    (seeds / "initiatives.csv").unlink()

    with pytest.raises(FixConfiguration) as caught:
        dbt_manifest.ensure(Settings(data=tmp_path / "data", seeds=seeds))

    assert caught.value.code == "SEED-MISSING"
    assert "the folder of seeds has no initiatives.csv" in str(caught.value)
