"""Load packages without an erased person's rows.

A package keeps its name and its position. Its files are written anew under new names, and the
manifest, which names them, is replaced in one step: a reader finds the old files or the new ones.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import polars as pl

from connectors.erasure.pages import Pages
from connectors.erasure.rule import name_columns, says_whose
from connectors.erasure.sought import Sought
from connectors.erasure.texts import Addresses, text_columns
from connectors.families import TABLES, Table
from connectors.landing import disk, intact
from connectors.landing.manifest import Artifact, Manifest, encode
from connectors.landing.replay import Remapper
from connectors.landing.writer import ROW_GROUP, artifact

_NONE = pl.Series([], dtype=pl.UInt32)


@dataclass(frozen=True)
class Package:
    """A load package: its folder and its manifest."""

    folder: Path
    manifest: Manifest

    def path(self, file: Artifact) -> Path:
        """Where one of its files is."""
        return self.folder / file.file

    def check(self) -> None:
        """Raise `FixEnvironment` where a file of it is not what was landed."""
        for file in _files(self.manifest):
            intact.check(self.path(file), file)


@dataclass
class Taken:
    """What was taken out of packages.

    Args:
        rows: Rows, by table.
        masked: Rows of others in which an address was masked, by table.
        records: Raw records.
        packages: Packages that were written anew.
        unreplayable: Of these, those that lost their raw pages whole.
        exports: Export files that held the person when they were read.
    """

    rows: Counter[str] = field(default_factory=Counter)
    masked: Counter[str] = field(default_factory=Counter)
    records: int = 0
    packages: int = 0
    unreplayable: int = 0
    exports: set[str] = field(default_factory=set)

    def add(self, other: Taken) -> None:
        """Count what was taken out elsewhere in."""
        self.rows += other.rows
        self.masked += other.masked
        self.records += other.records
        self.packages += other.packages
        self.unreplayable += other.unreplayable
        self.exports |= other.exports


def find_records(packages: Iterable[Package], sought: Sought) -> None:
    """Learn the records that are theirs by another name.

    An answer names its response, that its invitation, and only that the person: what is found may
    lead to more, so this goes on until nothing more is.
    """
    all_of_them = list(packages)
    known = -1
    while known != len(sought.known):
        known = len(sought.known)
        for package in all_of_them:
            for name, file in package.manifest.tables.items():
                if says_whose(TABLES[name]):
                    named = _named(TABLES[name], package.path(file))
                    sought.learn(TABLES[name], named.filter(sought.rows(TABLES[name], named)))


def count(packages: Iterable[Package], sought: Sought) -> Counter[str]:
    """Rows of theirs in packages, by table."""
    found: Counter[str] = Counter()
    for package in packages:
        for name, file in package.manifest.tables.items():
            if name_columns(TABLES[name]):
                rows = _named(TABLES[name], package.path(file))
                found[name] += len(sought.rows(TABLES[name], rows).arg_true())
    return +found


def take_out(package: Package, sought: Sought, mapper: Remapper | None) -> Taken:
    """Take everything that is theirs out of a package, whose stream is held for writing.

    Args:
        package: The package.
        sought: Who is erased; their records are known (`find_records`).
        mapper: Maps raw pages as the stream does; None where it is configured no more.
    """
    taken = Taken()
    manifest = package.manifest
    tables = {name: _table(package, name, sought, taken) for name in manifest.tables}
    pages, gone = _pages(package, sought, mapper, taken)
    rejects = _rejects(package, sought, gone)
    changed = msgspec.structs.replace(
        manifest,
        tables=tables,
        pages=pages,
        rejects=rejects,
        erased=dict(Counter(manifest.erased) + taken.rows),
    )
    if changed != manifest:
        taken.packages = 1
        staged = package.folder / ".manifest.json"
        staged.write_bytes(encode(changed))
        for file in _files(changed):
            disk.sync_path(package.path(file))
        disk.replace_durably(staged, package.folder / "manifest.json")
    _sweep(package.folder, changed)
    return taken


def _sweep(folder: Path, manifest: Manifest) -> None:
    """Remove files of a package that its manifest does not name: those of before, or of a crash."""
    named = {"manifest.json", *(file.file for file in _files(manifest))}
    for path in folder.iterdir():
        if path.name not in named:
            path.unlink()
    disk.sync_path(folder)


def _files(manifest: Manifest) -> list[Artifact]:
    rejects = [manifest.rejects] if manifest.rejects else []
    return [*manifest.tables.values(), *manifest.pages, *rejects]


def _named(table: Table, path: Path) -> pl.DataFrame:
    """The columns of a file that say whose its rows are."""
    wanted = pl.Schema({name: table.schema[name] for name in name_columns(table)})
    rows = pl.scan_parquet(path, schema=wanted, missing_columns="insert", extra_columns="ignore")
    return rows.collect()


def _table(package: Package, name: str, sought: Sought, taken: Taken) -> Artifact:
    """One table's file, written anew if anything of theirs is in it."""
    file = package.manifest.tables[name]
    table, path, rows = TABLES[name], package.path(file), pl.scan_parquet(package.path(file))
    gone = sought.rows(table, _named(table, path)).arg_true() if name_columns(table) else _NONE
    kept = rows.with_row_index("_row").filter(~pl.col("_row").is_in(gone.implode())).drop("_row")
    texts = [c for c in text_columns(table) if c in rows.collect_schema()]
    speaks = pl.any_horizontal(sought.addresses.found(pl.col(c)) for c in texts)
    masked = kept.select(speaks.sum()).collect().item() if texts and sought.addresses else 0
    if not (len(gone) or masked):
        return file
    if masked:
        kept = kept.with_columns(sought.addresses.masked(pl.col(c)) for c in texts)
    target = package.folder / _new_name(package.folder, name, ".parquet")
    kept.sink_parquet(target, compression="zstd", compression_level=1, row_group_size=ROW_GROUP)
    taken.rows += Counter({name: len(gone)})
    taken.masked += Counter({name: masked})
    return msgspec.structs.replace(artifact(target, file.rows - len(gone)), newest=file.newest)


def _pages(
    package: Package, sought: Sought, mapper: Remapper | None, taken: Taken
) -> tuple[list[Artifact], list[int]]:
    """The raw pages without their records, and the numbers of those."""
    manifest = package.manifest
    if manifest.inputs:
        return _copies(manifest, taken), []
    pages = Pages(package.folder, manifest, mapper, sought)
    doubtful = pages.doubtful()
    if not manifest.pages or not (doubtful or taken.rows or taken.masked):
        return manifest.pages, []
    name = _new_name(package.folder, "pages", ".ndjson.zst")
    kept = pages.without_them(doubtful, name)
    if kept.pages is None:
        taken.unreplayable += 1
        return [], []
    if not (kept.gone or kept.masked):
        (package.folder / name).unlink()
        return manifest.pages, []
    taken.records += len(kept.gone)
    return [kept.pages], kept.gone


def _copies(manifest: Manifest, taken: Taken) -> list[Artifact]:
    """The copies of exports: kept as they were read, they have no lines to take out."""
    if not (taken.rows or taken.masked):
        return manifest.pages
    taken.exports.update(one.path for one in manifest.inputs)
    taken.unreplayable += bool(manifest.pages)
    return []


def _rejects(package: Package, sought: Sought, gone: list[int]) -> Artifact | None:
    """The rejects without their records; bodies that speak of them are left out."""
    file = package.manifest.rejects
    if file is None:
        return None
    before = pl.read_parquet(package.path(file))
    went = pl.Series(gone, dtype=pl.Int64)
    left = before.filter(~pl.col("record").is_in(went.implode()))
    spoken_of = Addresses([*sought.ids[package.manifest.source], *sought.addresses.written])
    after = left.with_columns(
        # a record's number is its place among the pages
        left["record"] - went.search_sorted(left["record"]).cast(pl.Int64),
        pl.when(~spoken_of.found(pl.col("body"))).then("body") if spoken_of else pl.col("body"),
    )
    if after.equals(before):
        return file
    target = package.folder / _new_name(package.folder, "rejects", ".parquet")
    after.write_parquet(target, compression="zstd")
    return artifact(target, after.height)


def _new_name(folder: Path, stem: str, ending: str) -> str:
    """A name that no file of the package has."""
    names = (f"{stem}.{number}{ending}" for number in itertools.count(1))
    return next(name for name in names if not (folder / name).exists())
