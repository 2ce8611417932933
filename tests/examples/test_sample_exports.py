"""The sample exports are mapped by YAML alone, and every row of them is accounted for."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.landing import Counts, Landing
from orchestration.components.extraction import extract
from orchestration.components.streams import Streams
from orchestration.settings import ROOT
from orchestration.sources import source_config

EXPORTS = ROOT / "examples/exports"


def test_every_row_of_the_sample_exports_lands_or_is_set_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EARFUL_CONFIG", str(EXPORTS / "earful.toml"))
    monkeypatch.setenv("EARFUL_RESPONDENT_KEY", "0123456789abcdef")
    landing = Landing(tmp_path)
    came_to: dict[str, Counts] = {}
    for file in sorted((EXPORTS / "sources").glob("*/defs.yaml")):
        streams = Streams(file.parent.name, source_config(file))
        for landed in extract(streams, list(streams.facts()), landing, None):
            assert landed.error is None
            counts = sum((m.counts for m in landed.manifests), Counts())
            came_to[f"{streams.source}.{landed.stream}"] = counts

    assert len(came_to) == 11
    assert all(counts.balanced and counts.accepted for counts in came_to.values())
    # cells that are wrong on purpose
    assert sum(counts.rejected for counts in came_to.values()) == 3
