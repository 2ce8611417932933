from __future__ import annotations

import hashlib
from pathlib import Path

import polars as pl
import pytest

from connectors.sandbox.company import CompanyConfig, generate
from connectors.sandbox.company import config as configuration
from connectors.sandbox.company.block import make_block
from connectors.sandbox.company.house import house_tables
from connectors.sandbox.company.plan import Plan
from connectors.sandbox.company.staff import staff

SMALL = CompanyConfig(scale=0.01, months=6)
IDS = {
    "zendesk_tickets": "id",
    "orders": "order_id",
    "hubspot_contacts": "id",
    "qualtrics_responses": "response_id",
    "zendesk_comments": "id",
    "zendesk_ticket_events": "child_id",
    "app_store_reviews": "id",
}


def digests(home: Path) -> dict[str, str]:
    paths = [path for path in home.rglob("*") if path.is_file()]
    return {
        str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths
    }


def test_the_same_configuration_makes_the_same_bytes_and_another_seed_others(
    tmp_path: Path,
) -> None:
    for name in ("one", "two"):
        generate(tmp_path / name, SMALL)
    generate(tmp_path / "other", CompanyConfig(scale=0.01, months=6, seed=8))
    assert digests(tmp_path / "one") == digests(tmp_path / "two")
    one, other = digests(tmp_path / "one"), digests(tmp_path / "other")
    same = {name for name, digest in one.items() if digest == other.get(name)}
    # what belongs to no customer and no employee is the house's own
    assert not any(name.endswith("00001.parquet") for name in same)


def test_blocks_do_not_depend_on_each_other_nor_on_their_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(configuration, "BLOCK", 100)
    monkeypatch.setattr("connectors.sandbox.company.people.BLOCK", 100)
    plan = Plan(SMALL)
    assert plan.config.blocks == 2
    crew = staff(plan)
    forth = {n: make_block(plan, crew, n).tables for n in (1, 2)}
    back = {n: make_block(plan, staff(plan), n).tables for n in (2, 1)}
    for number, tables in forth.items():
        for name, frame in tables.items():
            assert frame.equals(back[number][name]), name
    for name, key in IDS.items():
        ids = [set(tables[name][key]) for tables in forth.values()]
        assert not ids[0] & ids[1], name


def test_the_house_is_the_same_at_every_scale() -> None:
    small, large = (Plan(CompanyConfig(scale=scale)) for scale in (0.01, 100))
    ours, theirs = (house_tables(plan, staff(plan)) for plan in (small, large))
    for name in ours:
        assert ours[name].equals(theirs[name]), name
    assert isinstance(ours["peakon_answers"], pl.DataFrame)
