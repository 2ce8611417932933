"""Dagster's home within the data folder."""

from __future__ import annotations

from pathlib import Path

from orchestration.settings import ROOT, Settings


def prepare(settings: Settings) -> Path:
    """Make the home, with a link to the checkout's `dagster.yaml`; what DAGSTER_HOME should be."""
    home = settings.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    link = home / "dagster.yaml"
    if not link.is_symlink():
        link.symlink_to(ROOT / "dagster.yaml")
    return home
