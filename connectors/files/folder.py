"""Which files of a folder are new or changed since they last landed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from connectors.errors import FixInput
from connectors.landing import Input, Landing, Origin
from connectors.landing.disk import sha256


@dataclass(frozen=True)
class Drop:
    """A folder into which somebody exports.

    Args:
        folder: The folder.
        where: The stream as messages call it.
    """

    folder: Path
    where: str

    def files(self, patterns: list[str]) -> list[Path]:
        """Files that match, sorted by name, without the hidden ones that programs leave.

        Raises:
            FixInput: The folder is missing, or no folder.
        """
        if not self.folder.is_dir():
            raise FixInput(
                "FILES-FOLDER",
                str(self.folder),
                f"the folder of {self.where} is not there",
                "Make it, or set `folder` (relative to EARFUL_EXPORTS) to where the exports are.",
            )
        found = {
            path
            for pattern in patterns
            for path in self.folder.glob(pattern)
            if path.is_file() and not path.name.startswith((".", "~$"))
        }
        return sorted(found)

    def some(self, patterns: list[str]) -> list[Path]:
        """As `files`, and raises `FixInput` where there is none."""
        found = self.files(patterns)
        if not found:
            raise FixInput(
                "FILES-NONE",
                self.where,
                f"no file of {self.folder} matches {', '.join(patterns)}",
                "Put the export there, or correct `files`.",
            )
        return found

    def name(self, path: Path) -> str:
        """The file's path inside the folder."""
        return path.relative_to(self.folder).as_posix()

    def state(self, path: Path, before: Input | None = None) -> Input:
        """What the file is now; hashed only if size or time differ from `before`."""
        stat = path.stat()
        if before and (before.bytes, before.mtime_ns) == (stat.st_size, stat.st_mtime_ns):
            return before
        return Input(
            path=self.name(path),
            bytes=stat.st_size,
            mtime_ns=stat.st_mtime_ns,
            sha256=sha256(path),
        )


def landed(landing: Landing, origin: Origin) -> dict[str, list[Input]]:
    """By main file: it and the files joined to it, as they were when last read whole."""
    return {
        manifest.inputs[0].path: manifest.inputs
        for manifest in landing.manifests(origin.source, origin.stream)
        if manifest.inputs and manifest.window is None
    }


def changed(drop: Drop, files: list[Path], before: list[Input] | None) -> list[Input] | None:
    """States of a file and those joined to it, or None if nothing of them changed."""
    known = {state.path: state for state in before or []}
    now = [drop.state(path, known.get(drop.name(path))) for path in files]
    if before is not None and [s.sha256 for s in now] == [s.sha256 for s in before]:
        return None
    return now


def settled(paths: list[Path], seconds: float) -> Iterator[Path]:
    """Paths that nobody wrote to for so many seconds."""
    latest = time.time() - seconds
    return (path for path in paths if not seconds or path.stat().st_mtime <= latest)
