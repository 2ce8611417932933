"""The landing folder: which packages there are, and where each stream stands.

    <root>/<source>/<stream>/<load_id>/manifest.json ...

A package is there when its folder has its final name; anything that starts with a dot is
somebody's unfinished work. The folder is the system of record: the warehouse can be deleted
and comes back from here.
"""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import filelock
import msgspec

from connectors.errors import FixConfiguration, FixEnvironment, Locked
from connectors.landing.manifest import Manifest, Origin, decode

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_LOOKED_AT = 10
"""Packages among which the newest record is looked for: the cost must not follow the history."""

_TIME = "%Y%m%dT%H%M%S.%fZ"
_LOAD_ID = re.compile(r"\d{8}T\d{6}\.\d{6}Z-[0-9a-f]{6}(\.[rc]\d+)?")


class Landing:
    """A folder of load packages."""

    def __init__(self, root: Path) -> None:
        """Open the folder at `root`; it is made when the first package is written."""
        self.root = root

    def folder(self, source: str, stream: str) -> Path:
        """Folder of one stream's packages. Raises `FixConfiguration` on an odd name."""
        for name in (source, stream):
            if not _NAME.fullmatch(name):
                raise FixConfiguration(
                    "NAME", name, "not a name", "Use small letters, digits and underscores."
                )
        return self.root / source / stream

    def streams(self) -> list[tuple[str, str]]:
        """Every (source, stream) that ever landed something."""
        return sorted(
            (stream.parent.name, stream.name)
            for stream in self.root.glob("*/*")
            if stream.is_dir() and not stream.name.startswith(".")
        )

    def load_ids(self, source: str, stream: str) -> list[str]:
        """Ids of all committed packages of a stream, oldest first, by folder name alone."""
        folder = self.folder(source, stream)
        if not folder.is_dir():
            return []
        return sorted(p.name for p in folder.iterdir() if p.is_dir() and p.name[0] != ".")

    def manifest(self, source: str, stream: str, load_id: str) -> Manifest:
        """Manifest of one package. Raises `FixEnvironment` where it cannot be read."""
        path = self.folder(source, stream) / load_id / "manifest.json"
        try:
            return decode(path.read_bytes())
        except (OSError, msgspec.DecodeError) as error:
            raise FixEnvironment(
                "LANDING-MANIFEST",
                str(path),
                "the package's manifest is missing or damaged",
                "Restore the folder from a backup, or delete the package to read it again.",
            ) from error

    def manifests(self, source: str, stream: str) -> Iterator[Manifest]:
        """Manifests of the packages in force, oldest first: neither superseded nor merged."""
        ids = self.load_ids(source, stream)
        # only a replay or a compaction can take another package's place, and its name says so
        gone: set[str] = set()
        for load_id in ids:
            if revision(load_id):
                manifest = self.manifest(source, stream, load_id)
                gone.update(manifest.supersedes, manifest.merges)
        for load_id in ids:
            if load_id not in gone:
                yield self.manifest(source, stream, load_id)

    def landed_since(self, source: str, stream: str, moment: datetime) -> list[Manifest]:
        """Manifests of the packages that were begun at a moment or later (aware UTC)."""
        first = earliest_load_id(moment)
        ids = [i for i in self.load_ids(source, stream) if i >= first and not revision(i)]
        return [self.manifest(source, stream, load_id) for load_id in ids]

    def newest(self, source: str, stream: str) -> datetime | None:
        """When the newest record of a stream's last packages happened, naive UTC."""
        ids = self.load_ids(source, stream)[-_LOOKED_AT:]
        times = [self.manifest(source, stream, load_id).newest for load_id in ids]
        return max((time for time in times if time is not None), default=None)

    def cursor(self, source: str, stream: str) -> str | None:
        """Position of a stream: the cursor that its newest package closed with."""
        for load_id in reversed(self.load_ids(source, stream)):
            manifest = self.manifest(source, stream, load_id)
            # a re-read window and a replay look back; they do not move the stream
            if manifest.window is None and not manifest.supersedes:
                return manifest.cursor_after
        return None

    def is_old(self, origin: Origin) -> bool:
        """Whether a stream's newest package, if there is one, is more than a day old."""
        ids = self.load_ids(origin.source, origin.stream)
        return not ids or datetime.now(UTC) - _made(ids[-1]) > timedelta(days=1)

    def next_load_id(self, source: str, stream: str) -> str:
        """A new id, later than every id of the stream even if the clock went back."""
        now = datetime.now(UTC)
        ids = self.load_ids(source, stream)
        if ids:
            now = max(now, _made(ids[-1]) + timedelta(microseconds=1))
        return f"{now.strftime(_TIME)}-{secrets.token_hex(3)}"

    @contextmanager
    def writing(self, source: str, stream: str) -> Iterator[Path]:
        """Hold a stream for writing; leftovers of a killed writer are swept away.

        Raises:
            Locked: Another process is landing this stream.
            FixEnvironment: The folder cannot be written.
        """
        folder = self.folder(source, stream)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock = filelock.FileLock(folder / ".lock", timeout=0)
            lock.acquire()
        except filelock.Timeout as error:
            raise Locked(
                "LANDING-LOCKED",
                f"{source}.{stream}",
                "another process is landing this stream",
                "Wait for it to finish.",
            ) from error
        except OSError as error:
            raise FixEnvironment(
                "LANDING-WRITE",
                str(folder),
                f"cannot be written ({error.strerror})",
                "Check permissions and free space, or set EARFUL_DATA to another folder.",
            ) from error
        try:
            for leftover in folder.glob(".tmp-*"):
                shutil.rmtree(leftover)
            yield folder
        finally:
            lock.release()


def _made(load_id: str) -> datetime:
    return datetime.strptime(load_id.split("-", maxsplit=1)[0], _TIME).replace(tzinfo=UTC)


def is_load_id(text: str) -> bool:
    """Whether a package could be named so."""
    return _LOAD_ID.fullmatch(text) is not None


def earliest_load_id(moment: datetime) -> str:
    """What sorts before the ids of packages that were begun at a time (naive UTC) or later."""
    return moment.strftime(_TIME)


def revision(load_id: str) -> str:
    """What a load id says after its time: empty, `r1` for a replay, `c1` for a compaction."""
    return load_id.partition(".")[2].partition(".")[2]
