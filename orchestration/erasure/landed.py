"""Erased people in the landing folder: those that are there go, those that come again too."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator

from connectors.erasure import Package, Sought, Taken, Tombstones, count, find_records, take_out
from connectors.errors import FixConfiguration
from connectors.landing import Landing, Manifest
from connectors.landing.replay import Remapper
from connectors.privacy import read_key
from orchestration.settings import Settings
from orchestration.sources import configured_stream
from orchestration.warehouse import Connection, Loader, erasures, schema


def tombstones(settings: Settings) -> Tombstones:
    """The tombstones of this instance. Raises `FixConfiguration` without the key of theirs."""
    return Tombstones.read(settings.landing, read_key(settings.erasure_key, os.environ))


def packages(settings: Settings) -> list[Package]:
    """Every package there is, those that another took the place of included.

    Raises:
        FixEnvironment: A file of one is missing, or not what was landed.
    """
    landing = Landing(settings.landing)
    return [
        _package(landing, landing.manifest(source, stream, load_id))
        for source, stream in landing.streams()
        for load_id in landing.load_ids(source, stream)
    ]


def clear(settings: Settings, these: Iterable[Package], sought: Sought) -> Taken:
    """Take erased people out of packages; their records are known.

    Raises:
        Locked: A stream is being landed.
    """
    landing, taken = Landing(settings.landing), Taken()
    by_stream: dict[tuple[str, str], list[Package]] = defaultdict(list)
    for package in these:
        by_stream[package.manifest.source, package.manifest.stream].append(package)
    for (source, stream), its_packages in by_stream.items():
        mapper = _mapper(settings, source, stream)
        with landing.writing(source, stream):
            for package in its_packages:
                taken.add(take_out(package, sought, mapper))
    return taken


def keep_out(settings: Settings, connection: Connection, loader: Loader) -> Taken:
    """Take erased people out of packages that are about to be loaded.

    Costs nothing where nobody was ever erased. A record that they left under a name that is new,
    such as a new case, is remembered too, and what belongs to it is looked for everywhere.
    """
    if not Tombstones.are_kept(settings.landing):
        return Taken()
    schema.ensure(connection)
    pending = loader.pending()
    if not pending:
        return Taken()
    stones = tombstones(settings)
    sought = Sought(stones)
    landing = Landing(settings.landing)
    new = [_package(landing, manifest) for manifest in pending]
    known = len(stones)
    find_records(new, sought)
    if len(stones) > known:
        stones.write()
        sources = {package.manifest.source for package in new}
        new = [p for p in packages(settings) if p.manifest.source in sources]
        if erasures.find(connection, sought).rows:
            erasures.take_out(connection, sought, [])
    return clear(settings, _with_rows(new, sought), sought)


def _with_rows(these: Iterable[Package], sought: Sought) -> Iterator[Package]:
    return (package for package in these if count([package], sought))


def _package(landing: Landing, manifest: Manifest) -> Package:
    folder = landing.folder(manifest.source, manifest.stream) / manifest.load_id
    package = Package(folder, manifest)
    package.check()
    return package


def _mapper(settings: Settings, source: str, stream: str) -> Remapper | None:
    """The stream as it is configured today; None where it is no more."""
    try:
        return configured_stream(settings, source, stream)
    except FixConfiguration as error:
        if error.code != "SOURCE-UNKNOWN":
            raise
        return None
