"""Waiting that takes no time."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace

import pytest

from connectors.http import Budget


@dataclass
class Clock:
    """Time that passes only where somebody sleeps."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept.append(seconds)

    @property
    def passed(self) -> float:
        """Seconds since the beginning."""
        return self.now - 1000


def hurried(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Let budgets, retries and export jobs wait on a clock of their own, and nobody really."""
    clock = Clock()
    timed = partial(Budget, clock=clock, sleep=clock.sleep)
    monkeypatch.setattr("connectors.http.connection.Budget", timed)
    monkeypatch.setattr("tenacity.nap.time", SimpleNamespace(sleep=clock.sleep))
    monkeypatch.setattr("connectors.vendors.qualtrics.exports._PAUSES", (0.0,))
    return clock
