"""Opens DuckDB files, and says so plainly where one cannot be opened."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from connectors.errors import FixEnvironment, Locked
from orchestration.unwritable import unwritable

Connection = duckdb.DuckDBPyConnection
"""An open DuckDB file."""
QueryError = duckdb.Error
"""What a query raises that DuckDB refuses."""
STORAGE = "v1.5.0"
"""Format of a warehouse file that is made new; an older one keeps the format it has."""
_REFUSALS = [os.strerror(code) for code in (errno.ENOSPC, errno.EFBIG, errno.EROFS, errno.EIO)]
"""What DuckDB says behind its own words when the disk refused."""


@contextmanager
def connect(path: Path, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a DuckDB file for as long as the block lasts.

    Raises:
        Locked: Another process has it open for writing.
        FixEnvironment: It is missing, damaged, or not DuckDB; or the disk refuses while it is open.
    """
    try:
        if not read_only:
            path.parent.mkdir(parents=True, exist_ok=True)
        connection = duckdb.connect(
            path,
            read_only=read_only,
            config={
                # nothing is fetched behind the user's back
                "autoinstall_known_extensions": "false",
                # only we write this file: the newest format of the oldest DuckDB that we work with
                # stores text in a quarter less time; published files say their own
                "storage_compatibility_version": STORAGE,
            },
        )
    except (duckdb.Error, OSError) as error:
        raise _explained(path, error) from error
    try:
        yield connection
    except duckdb.IOException as error:
        refusal = next((text for text in _REFUSALS if text in str(error)), None)
        raise unwritable(path, refusal) from error
    finally:
        connection.close()


@contextmanager
def scratch() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database of its own in memory, for tables that nobody is to keep."""
    connection = duckdb.connect(config={"autoinstall_known_extensions": "false"})
    try:
        yield connection
    finally:
        connection.close()


def _explained(path: Path, error: Exception) -> Exception:
    message = str(error)
    if "Could not set lock" in message or "Conflicting lock" in message:
        return Locked(
            "WAREHOUSE-LOCKED",
            str(path),
            "another program has the file open for writing",
            "Close it there; readers should open the published file instead.",
        )
    if "not a valid DuckDB database" in message:
        return FixEnvironment(
            "WAREHOUSE-NOT-DUCKDB",
            str(path),
            "the file is not a DuckDB database",
            "Move it away; it comes back from the landing folder with the next run.",
        )
    if not path.exists():
        return FixEnvironment(
            "WAREHOUSE-MISSING", str(path), "no such file", "Run earful run first."
        )
    return FixEnvironment(
        "WAREHOUSE-OPEN",
        str(path),
        f"DuckDB could not open it ({type(error).__name__})",
        "Check permissions and free space; earful doctor shows both. If the file is damaged, "
        "move it away: it comes back from the landing folder.",
    )
