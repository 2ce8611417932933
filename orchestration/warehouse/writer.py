"""The writer gate: one process at a time writes the warehouse, and the others know who.

DuckDB refuses a second writing process at once and without a name; this waits, then says who
holds the gate and since when. The lock is the operating system's, so it dies with its holder.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import filelock
import msgspec

from connectors.errors import Locked
from orchestration.unwritable import unwritable


class Holder(msgspec.Struct, frozen=True):
    """Who holds the gate: process, host, purpose, command, since when (UTC)."""

    pid: int
    host: str
    purpose: str
    command: str
    since: datetime

    def sentence(self) -> str:
        """The holder, for a message."""
        return (
            f"process {self.pid} on {self.host} ({self.purpose}, since {self.since:%H:%M:%S} UTC)"
        )


class WriterGate:
    """The gate of one data folder.

    Args:
        folder: The data folder.
        wait: Seconds to wait for another holder.
    """

    def __init__(self, folder: Path, wait: float) -> None:
        """Name the gate; nothing is locked yet."""
        self._folder = folder
        self._wait = wait

    @contextmanager
    def hold(self, purpose: str) -> Iterator[None]:
        """Hold the gate while the block runs.

        Raises:
            Locked: Somebody else still holds it after the wait.
            FixEnvironment: The data folder cannot be written.
        """
        lock = filelock.FileLock(self._folder / "writer.lock", timeout=self._wait)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except filelock.Timeout as error:
            raise self._locked() from error
        except OSError as error:
            raise unwritable(self._folder, error.strerror) from error
        note = self._folder / "writer.json"
        try:
            note.write_bytes(msgspec.json.encode(_me(purpose)))
            yield
            note.unlink(missing_ok=True)
        finally:
            lock.release()

    def _locked(self) -> Locked:
        at = holder(self._folder)
        who = at.sentence() if at else "another process"
        return Locked(
            "WRITER-LOCKED",
            str(self._folder),
            f"{who} is writing the warehouse, and {self._wait:g} s of waiting were not enough",
            "Let it finish, or wait longer with EARFUL_LOCK_WAIT.",
        )


def holder(folder: Path) -> Holder | None:
    """Who holds the gate of a data folder now, or None."""
    lock = filelock.FileLock(folder / "writer.lock", timeout=0)
    if not (folder / "writer.json").exists():
        return None
    try:
        with lock:
            return None
    except filelock.Timeout:
        try:
            return msgspec.json.decode((folder / "writer.json").read_bytes(), type=Holder)
        except (OSError, msgspec.DecodeError):
            # between taking the lock and writing the note
            return None


def _me(purpose: str) -> Holder:
    return Holder(
        pid=os.getpid(),
        host=socket.gethostname(),
        purpose=purpose,
        command=Path(sys.argv[0]).name,
        since=datetime.now(UTC),
    )
