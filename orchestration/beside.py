"""The demo's vendors, beside whatever reads them: where they live, and how they come up."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestration.settings import Settings


def home(settings: Settings) -> Path:
    """Folder of the demo's company."""
    return settings.data / "sandbox" / "company"


def exists(settings: Settings) -> bool:
    """Whether the demo was made in this data folder."""
    return (home(settings) / "company.json").exists()


@contextmanager
def beside(settings: Settings) -> Iterator[None]:
    """The vendors, for as long as something runs that reads them, where the demo was made."""
    if not exists(settings) or "EARFUL_SANDBOX" in os.environ:
        yield
        return
    # imported here: a company is made with NumPy and much else, which no other instance needs
    from orchestration import demo  # noqa: PLC0415

    with demo.vendors(settings, demo.Wish()):
        yield
