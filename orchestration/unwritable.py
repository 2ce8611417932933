"""The sentence for a disk that refuses: full, read-only, or not ours."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from connectors.errors import FixEnvironment

_REFUSALS = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EROFS,
    errno.EACCES,
    errno.EPERM,
    errno.EIO,
}


def unwritable(where: Path, why: str | None) -> FixEnvironment:
    """The error to raise for a folder or file that cannot be written."""
    return FixEnvironment(
        "DATA-WRITE",
        str(where),
        f"cannot be written ({why or 'the disk refused'})",
        "Check permissions and free space, or set EARFUL_DATA to another folder.",
    )


def is_refusal(error: OSError) -> bool:
    """Whether the disk refused, rather than our code asking for nonsense."""
    return error.errno in _REFUSALS


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it.

    Raises:
        FixEnvironment: It cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error.strerror) from error


def require_folder(folder: Path) -> None:
    """A folder may be still to be made, but neither it nor one above it may be a file.

    Raises:
        FixEnvironment: One of them is, or the disk takes no such name.
    """
    try:
        there = next(path for path in (folder, *folder.parents) if path.exists())
    except OSError as error:
        raise unwritable(folder, error.strerror) from error
    if not there.is_dir():
        raise unwritable(folder, os.strerror(errno.ENOTDIR))
