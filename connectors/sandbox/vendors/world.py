"""Everything that the vendors share while they run."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from .clock import Clock
from .limits import Limits, Meter
from .records import Derive, Records


@dataclass(frozen=True)
class Settings:
    """How the vendors behave.

    Attributes:
        limits: Calls allowed.
        export_polls: How often a Qualtrics export says that it is not ready.
        session_seconds: How long a Peakon token lives, by the vendors' clock and real time added.
    """

    limits: Limits = field(default_factory=Limits)
    export_polls: int = 2
    session_seconds: float = 3600


class World:
    """Records, clock, budgets and what vendors remember between two calls.

    Args:
        home: The company's folder: `systems/` in it is read, `now.json` holds the clock.
        now: Where the clock begins, if none is kept; else the last moment in the tables.
    """

    def __init__(
        self,
        home: Path,
        now: datetime | None,
        settings: Settings,
        derive: Mapping[str, Derive] | None = None,
    ) -> None:
        """Open the home."""
        self.settings = settings
        self.records = Records(home / "systems", derive)
        self.clock = Clock(home / "now.json", now or self.records.last_moment())
        self.records.clock = self.clock
        self.meter = Meter(settings.limits)
        self.sessions: dict[str, dict[str, Any]] = {}
        self._begun = self.clock.now
        self._began = time.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds since the start: real ones and those that the clock was moved by."""
        moved = (self.clock.now - self._begun).total_seconds()
        return moved + time.monotonic() - self._began
