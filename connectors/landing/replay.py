"""Maps the raw pages of old packages again, with today's code.

A mapping mistake is mended here, without asking the vendor again: the new package supersedes
the old one, and the loader takes the old rows out in the transaction that brings the new ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from connectors.errors import FixConfiguration
from connectors.landing.manifest import Counts, Manifest, Origin
from connectors.landing.store import Landing
from connectors.landing.writer import PackageWriter


class Remapped(NamedTuple):
    """What mapping a package again came to, and the fields that are declared nowhere even now."""

    counts: Counts
    unknown_fields: list[str] = []  # noqa: RUF012 - a tuple's default is not shared state


class Remapper(Protocol):
    """A stream that can map raw pages it landed earlier."""

    @property
    def origin(self) -> Origin:
        """Instance, stream, connector and family."""
        ...

    @property
    def keep_raw(self) -> bool:
        """Whether raw pages are kept."""
        ...

    @property
    def region(self) -> str | None:
        """Country of phone numbers that name none."""
        ...

    def remap(self, package: Path, manifest: Manifest, writer: PackageWriter) -> Remapped:
        """Map the raw pages in `package` into `writer`, pages included."""
        ...


def replay(
    stream: Remapper, landing: Landing, *, since: str = "", until: str = "~"
) -> Iterator[Manifest]:
    """Replay every package of a stream whose load id lies in [since, until).

    Raises:
        FixConfiguration: A package kept no raw pages.
    """
    with landing.writing(stream.origin.source, stream.origin.stream) as folder:
        for old in list(replayable(landing, stream.origin, since=since, until=until)):
            yield _replay_one(stream, landing, folder, old)


def replayable(
    landing: Landing, origin: Origin, *, since: str = "", until: str = "~"
) -> Iterator[Manifest]:
    """Packages of a stream whose load id lies in [since, until), but those of idle days.

    They hold a position and no record, so there is nothing to map.
    """
    for manifest in landing.manifests(origin.source, origin.stream):
        if since <= manifest.load_id < until and manifest.counts.read:
            yield manifest


def _replay_one(stream: Remapper, landing: Landing, folder: Path, old: Manifest) -> Manifest:
    if not old.pages:
        raise FixConfiguration(
            "REPLAY-NO-PAGES",
            f"{stream.origin}/{old.load_id}",
            "the package kept no raw pages, so there is nothing to map again",
            "Read the window again from the source: earful run --since … --until ….",
        )
    load_id = _next_revision(old.load_id, landing.load_ids(old.source, old.stream))
    with PackageWriter(
        folder, load_id, stream.origin, keep_raw=stream.keep_raw, region=stream.region
    ) as writer:
        counts, unknown_fields = stream.remap(folder / old.load_id, old, writer)
        return writer.commit(
            counts,
            supersedes=[old.load_id, *old.merges],
            inputs=old.inputs,
            cursor_before=old.cursor_before,
            cursor_after=old.cursor_after,
            window=old.window,
            overlaps=old.overlaps,
            unknown_fields=unknown_fields,
        )


def _next_revision(load_id: str, taken: list[str]) -> str:
    """`….r1` for a first replay, `….r2` for a replay of that; sorts right behind the original."""
    stem, dot, number = load_id.rpartition(".r")
    if not dot:
        stem, number = load_id, "0"
    revision = int(number) + 1
    while f"{stem}.r{revision}" in taken:
        revision += 1
    return f"{stem}.r{revision}"
