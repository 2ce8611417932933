"""Published versions on disk.

    published/
      versions/<version>/earful.duckdb   parquet/<table>/*.parquet
      current -> versions/<version>      the one thing that a swap replaces
      earful.duckdb -> current/earful.duckdb
      parquet -> current/parquet

A reader that holds an open file keeps its version; a new one gets the current version whole.
A Parquet file may be in several versions, as hard links of one file. Whoever has to take something
out of a published version puts another file in its place, and never writes into one.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from connectors.errors import FixConfiguration
from connectors.landing import disk

FILE = "earful.duckdb"
_TIME = "%Y%m%dT%H%M%S.%fZ"
_LINKS = {FILE: f"current/{FILE}", "parquet": "current/parquet"}


class Versions:
    """The versions in a folder of published ones, or of reports on them."""

    def __init__(self, root: Path, links: dict[str, str] = _LINKS) -> None:
        """Nothing is read or written yet. `links` lead to files of the current version."""
        self.root = root
        self._links = links
        self._versions = root / "versions"

    def names(self) -> list[str]:
        """All complete versions, oldest first."""
        if not self._versions.is_dir():
            return []
        return sorted(p.name for p in self._versions.iterdir() if not p.name.startswith("."))

    def current(self) -> str | None:
        """The version that readers get, or None before the first."""
        link = self.root / "current"
        return link.readlink().name if link.is_symlink() else None

    def is_rolled_back(self) -> bool:
        """Whether readers get an older version than the newest one that is kept."""
        return self.current() not in (None, *self.names()[-1:])

    def current_folder(self) -> Path | None:
        """Folder of the version that readers get; nothing in it is ever written."""
        name = self.current()
        return self._versions / name if name else None

    def begin(self, name: str | None = None) -> Path:
        """A hidden folder to write the next version into; leftovers are swept away.

        Args:
            name: The version's name; that of this moment if none.
        """
        self._versions.mkdir(parents=True, exist_ok=True)
        for leftover in self._versions.glob(".new-*"):
            _remove(leftover)
        folder = self._versions / f".new-{name or f'{datetime.now(UTC):{_TIME}}'}"
        folder.mkdir()
        return folder

    def finish(self, folder: Path, keep: int) -> str:
        """Make a written version the current one, and drop all but the newest `keep`."""
        name = folder.name.removeprefix(".new-")
        disk.rename_durably(folder, self._versions / name)
        self.switch(name)
        for old in self.names()[:-keep]:
            if old != name:
                _remove(self._versions / old)
        return name

    def drop(self, names: Iterable[str]) -> None:
        """Drop versions, that of readers apart."""
        for name in set(self.names()).intersection(names) - {self.current()}:
            _remove(self._versions / name)

    def switch(self, name: str) -> None:
        """Let readers have another version, by one rename."""
        for link, target in self._links.items():
            if not (self.root / link).is_symlink():
                (self.root / link).symlink_to(target)
        staged = self.root / ".current"
        staged.unlink(missing_ok=True)
        staged.symlink_to(Path("versions") / name)
        staged.replace(self.root / "current")
        disk.sync_path(self.root)

    def roll_back(self) -> tuple[str, str]:
        """Go back to the version before the current one. Returns (from, to).

        Raises:
            FixConfiguration: There is no earlier version.
        """
        current = self.current()
        earlier = [name for name in self.names() if current and name < current]
        if current is None or not earlier:
            raise FixConfiguration(
                "PUBLISH-NO-EARLIER",
                str(self.root),
                "there is no earlier version to go back to",
                "EARFUL_KEEP_VERSIONS says how many are kept.",
            )
        self.switch(earlier[-1])
        return current, earlier[-1]


def began(version: str) -> datetime:
    """When a version was begun, naive UTC: that is its name, whatever stands behind it."""
    at = datetime.strptime(version.partition(".r")[0], _TIME).replace(tzinfo=UTC)
    return at.replace(tzinfo=None)


def _remove(folder: Path) -> None:
    """Delete a version; its files are read-only, their folder is not."""
    shutil.rmtree(folder)
