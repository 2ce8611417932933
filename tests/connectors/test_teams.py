"""Peakon names segments in answers, and lets several have one name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from patience import hurried
from tenants import Reader, rows
from vendors_on_loopback.company import DAY, NOON, write

from connectors.landing import Landing
from connectors.sandbox.vendors import Limits, Settings, running
from connectors.vendors.peakon.segments import refs_of

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


def segment(number: int, name: str, **more: object) -> dict[str, Any]:
    return {"id": number, "at": NOON - DAY, "name": name, "headcount": number} | more


def test_segments_of_one_name_are_teams_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurried(monkeypatch)
    write(
        tmp_path,
        "peakon_segments",
        segment(80, "Care", touchpoint="call"),
        segment(81, "Care", parent_id=82),
        segment(82, "Berlin"),
        segment(83, "Night shift", parent_id=80),
        # one of them is renamed later
        segment(81, "Care at night", parent_id=82, at=NOON + DAY),
    )
    with running(tmp_path, now=NOON, settings=Settings(limits=Limits.roomy())) as vendors:
        reader = Reader(vendors, Landing(tmp_path / "landing"))

        def teams() -> dict[str, tuple[str | None, int]]:
            reader.sync("peakon", "segments")
            landed = rows(reader.landing, "peakon")["teams"]
            assert not landed.select("_load_id", "team_ref").is_duplicated().any()
            current = reader.current("peakon")["teams"]
            assert all(row["name"] == row["team_ref"] for row in current)
            return {row["name"]: (row["parent_team_ref"], row["headcount"]) for row in current}

        assert teams() == {
            "Care (80)": (None, 80),
            "Care (81)": ("Berlin", 81),
            "Berlin": (None, 82),
            "Night shift": ("Care (80)", 83),
        }
        vendors.advance(2 * DAY)
        assert teams() == {
            "Care": (None, 80),
            "Care at night": ("Berlin", 81),
            "Berlin": (None, 82),
            "Night shift": ("Care", 83),
        }


def test_no_two_segments_are_ever_called_the_same() -> None:
    assert refs_of({"1": "Care", "2": "Care", "3": "Care (1)"}) == {
        "1": "Care (1) (1)",
        "2": "Care (2)",
        "3": "Care (1) (3)",
    }
    assert refs_of({}) == {}
