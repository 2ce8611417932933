"""What a load package says of itself: `manifest.json`."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

import msgspec

FORMAT = 1


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Where a package's rows come from: instance, stream, connector, and the family they fill."""

    source: str
    stream: str
    connector: str
    family: str

    def __str__(self) -> str:
        """The stream as messages name it."""
        return f"{self.source}.{self.stream}"


class Artifact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One file of a package.

    `rows` counts its rows or records, `sha256` is of its bytes; `newest` is when the newest row of
    a table happened (naive UTC), as far as it happened before it was landed.
    """

    file: str
    rows: int
    bytes: int
    sha256: str
    newest: datetime | None = None


class Input(msgspec.Struct, frozen=True, kw_only=True):
    """One export file that a package was made of, as it was when read."""

    path: str
    bytes: int
    mtime_ns: int
    sha256: str


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """Records of one package: `read` = `accepted` + `rejected` + `deduplicated`, always."""

    read: int = 0
    accepted: int = 0
    rejected: int = 0
    deduplicated: int = 0

    def __add__(self, other: Counts) -> Counts:
        """Sum of two counts, field by field."""
        return Counts(
            read=self.read + other.read,
            accepted=self.accepted + other.accepted,
            rejected=self.rejected + other.rejected,
            deduplicated=self.deduplicated + other.deduplicated,
        )

    @property
    def balanced(self) -> bool:
        """Nothing was lost and nothing counted twice."""
        return self.read == self.accepted + self.rejected + self.deduplicated


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of time that was read again, `since` inclusive, `until` exclusive (UTC)."""

    since: datetime | None = None
    until: datetime | None = None


class Facts(TypedDict, total=False):
    """What a package may say of itself beyond its contents; see `Manifest`."""

    cursor_before: str | None
    cursor_after: str | None
    window: Window | None
    overlaps: bool
    supersedes: list[str]
    merges: list[str]
    inputs: list[Input]
    unknown_fields: list[str]
    erased: dict[str, int]


class Manifest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything that is known of a package without opening its tables.

    `cursor_after` becomes the stream's position the moment that the package is committed.
    `supersedes` names the packages whose rows this one replaces; `merges` those whose rows it
    holds unchanged. `overlaps` says that it may repeat rows of earlier packages (a re-read
    window, a changed file), so the loader looks for those. `erased` counts the rows of each table
    that were taken out since, with the people whose they were; `counts` tell what was read.
    """

    load_id: str
    source: str
    stream: str
    connector: str
    family: str
    contract: str
    started_at: datetime
    finished_at: datetime
    counts: Counts
    tables: dict[str, Artifact]
    pages: list[Artifact] = []
    rejects: Artifact | None = None
    cursor_before: str | None = None
    cursor_after: str | None = None
    window: Window | None = None
    overlaps: bool = False
    supersedes: list[str] = []
    merges: list[str] = []
    inputs: list[Input] = []
    unknown_fields: list[str] = []
    erased: dict[str, int] = {}
    format: int = FORMAT

    @property
    def origin(self) -> Origin:
        """Where the rows come from."""
        return Origin(
            source=self.source, stream=self.stream, connector=self.connector, family=self.family
        )

    @property
    def newest(self) -> datetime | None:
        """When the newest record of the package happened, naive UTC."""
        times = [table.newest for table in self.tables.values() if table.newest is not None]
        return max(times, default=None)

    @property
    def members(self) -> list[str]:
        """Load ids that the rows of this package carry."""
        return self.merges or [self.load_id]


def encode(manifest: Manifest) -> bytes:
    """A manifest as indented JSON, for people who look into the folder."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2)


def decode(body: bytes) -> Manifest:
    """The manifest in `body`; raises `msgspec.ValidationError` where it is not one."""
    return msgspec.json.decode(body, type=Manifest)
