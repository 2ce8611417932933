"""The few disk operations that must survive a pulled plug."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path


def sha256(path: Path) -> str:
    """Hex digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync_path(path: Path) -> None:
    """Force a file's or a folder's contents onto the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def rename_durably(source: Path, target: Path) -> None:
    """Rename so that after a crash either all of `target` is there or nothing of it."""
    for folder, _, files in os.walk(source, topdown=False):
        for file in files:
            sync_path(Path(folder, file))
        sync_path(Path(folder))
    source.rename(target)
    sync_path(target.parent)


def replace_durably(source: Path, target: Path) -> None:
    """Put one file in another's place; readers see the old or the new one, never a part."""
    sync_path(source)
    source.replace(target)
    sync_path(target.parent)
