"""Bytes that DuckDB spills to a folder while a block lasts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Spilled:
    """The most bytes that were in the folder at once."""

    bytes: int = 0


@contextmanager
def spilled_to(folder: Path) -> Iterator[Spilled]:
    """Look at the folder twenty times a second."""
    most, ended = Spilled(), threading.Event()

    def look() -> None:
        while not ended.wait(0.05):
            most.bytes = max(most.bytes, sum(_bytes(file) for file in folder.glob("*")))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield most
    finally:
        ended.set()
        looking.join()


def _bytes(file: Path) -> int:
    try:
        return file.stat().st_blocks * 512
    except FileNotFoundError:  # no longer needed
        return 0
