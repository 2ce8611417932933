"""Whether a package's files are what was landed."""

from __future__ import annotations

from pathlib import Path

from connectors.errors import FixEnvironment
from connectors.landing import disk
from connectors.landing.manifest import Artifact


def check(path: Path, file: Artifact) -> None:
    """Compare a file with what the manifest says. Raises `FixEnvironment` where it is another."""
    if not path.is_file() or disk.sha256(path) != file.sha256:
        raise FixEnvironment(
            "LANDING-DAMAGED",
            str(path),
            "the file is missing or is not what was landed",
            "Restore it from a backup, or replay or delete its package.",
        )
