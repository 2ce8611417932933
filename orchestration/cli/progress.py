"""Progress of a run: a live line on a terminal, a plain line every ten seconds elsewhere."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Self

from orchestration.cli.output import console, is_terminal, say

_EVERY = 10.0
_NAMES = {
    "erase": "taking people out of landing and warehouse",
    "raw": "loading packages into raw",
    "raw_contract": "raw gate",
    "models": "building and testing models",
    "matching__links": "matching people",
    "release": "taking stock of the release",
    "release_contract": "release gate",
    "published": "publishing",
}


class Progress:
    """Tells what a run is doing; quiet if asked, every step if verbose."""

    def __init__(self, *, quiet: bool = False, verbose: bool = False) -> None:
        """Nothing is shown before the block begins."""
        self._quiet = quiet
        self._verbose = verbose
        self._step = "reading definitions"
        self._began = time.monotonic()
        self._stop = threading.Event()
        self._status = console().status(self._step) if is_terminal() and not quiet else None
        self._ticker = threading.Thread(target=self._tick, daemon=True)

    def __call__(self, step: str) -> None:
        """A step begins."""
        self._step = _NAMES.get(step) or step.replace("read_", "reading ", 1)
        if self._status:
            self._status.update(self._step)
        if self._verbose:
            say(f"{self._elapsed():6.1f} s  {self._step}")

    def __enter__(self) -> Self:
        """Begin to show."""
        if self._status:
            self._status.start()
        elif not self._quiet:
            self._ticker.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop showing."""
        self._stop.set()
        if self._status:
            self._status.stop()

    def _elapsed(self) -> float:
        return time.monotonic() - self._began

    def _tick(self) -> None:
        while not self._stop.wait(_EVERY):
            say(f"{self._elapsed():6.0f} s  {self._step}")
