"""Where the demo's company lives in a data folder."""

from __future__ import annotations

from pathlib import Path

from orchestration.settings import Settings


def home(settings: Settings) -> Path:
    """Folder of the demo's company."""
    return settings.data / "sandbox" / "company"


def exists(settings: Settings) -> bool:
    """Whether the demo was made in this data folder."""
    return (home(settings) / "company.json").exists()
