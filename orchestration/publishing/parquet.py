"""Parquet beside the published file: a folder a table, in which only what changed is written anew.

    parquet/<table>/all.parquet        most tables
    parquet/<table>/2026-11.parquet    large ones that declare `parquet_month`;
    parquet/<table>/undated.parquet    their rows without a month

`parquet/<table>/*.parquet` is the table, either way. A file whose rows are those that the current
version has in it is a hard link of that version's file: neither is ever written again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from orchestration.publishing.versions import FILE
from orchestration.warehouse import Connection, QueryError, connect
from orchestration.warehouse.sql import columns, literal, quote

FOLDER = "parquet"
BOOKKEEPING = "row_hash"
"""A row's fingerprint, by which increments find what changed, and so does the export; left out."""
_LARGE = 100_000
"""Rows from which a table is worth a file a month."""
_FORMAT = "format parquet, compression zstd"


@dataclass(frozen=True)
class File:
    """A Parquet file, and what is in it.

    Rows are compared by `fingerprint`: how many there are, the sum of their 64-bit hashes (those
    that the table has of them, or else DuckDB's), their columns, and DuckDB's version.
    `written_in` is the version that wrote it.
    """

    table: str
    file: str
    rows: int
    bytes: int
    fingerprint: str
    written_in: str


@dataclass(frozen=True)
class _Part:
    """The rows of one file: a month of a table (counted from the year 0), or all of it."""

    name: str
    where: str
    rows: int
    hashes: int


class Export:
    """Writes the tables of a release into a version, or links them from the one before."""

    def __init__(
        self,
        release: Connection,
        folder: Path,
        version: str,
        previous: Path | None = None,
    ) -> None:
        """Nothing is written yet.

        Args:
            release: The release, open; it is only read.
            folder: Of the version that is being written.
            version: Its name.
            previous: Folder of a complete version that may have the same rows.
        """
        # a file has no order that anybody was promised, and keeping one costs a third more
        release.execute("set preserve_insertion_order = false")
        [(self._duckdb,)] = release.execute("select version()").fetchall()
        self._release, self._folder, self._version = release, folder, version
        self._previous = previous
        self._held = _held(previous) if previous else {}

    def table(self, table: str, rows: int, month: str | None = None) -> list[File]:
        """The files of a table of so many rows; by the months of a column, if that is worth it."""
        (self._folder / FOLDER / table).mkdir(parents=True)
        described = self._release.execute(f"describe {quote(table)}").fetchall()
        types = {name: kind for name, kind, *_ in described if name != BOOKKEEPING}
        is_hashed = len(types) < len(described)
        hashed = quote(BOOKKEEPING) if is_hashed else f"hash({columns(types)})"
        by = month if rows >= _LARGE else None
        return [self._made(table, part, types) for part in _parts(self._release, table, hashed, by)]

    def _made(self, table: str, part: _Part, types: Mapping[str, str]) -> File:
        file = f"{FOLDER}/{table}/{part.name}.parquet"
        path, held = self._folder / file, self._held.get(file)
        fingerprint = self._fingerprint(part, types)
        if held and held.fingerprint == fingerprint and self._linked(held, path):
            return held
        _write(self._release, f"select {columns(types)} from {quote(table)}{part.where}", path)
        return File(table, file, part.rows, path.stat().st_size, fingerprint, self._version)

    def _linked(self, held: File, target: Path) -> bool:
        """Give a file a second name; not if it was cut short, or where there is no such thing."""
        if self._previous is None:
            return False
        source = self._previous / held.file
        try:
            if source.stat().st_size != held.bytes:
                return False
            os.link(source, target)
        except OSError:
            return False
        return True

    def _fingerprint(self, part: _Part, types: Mapping[str, str]) -> str:
        """Of the rows in any order; DuckDB's version is part of it because its hash may change."""
        told = [self._duckdb, _FORMAT, *types.items(), part.rows, part.hashes]
        return hashlib.sha256(repr(told).encode()).hexdigest()[:32]


def write(connection: Connection, table: str, folder: Path) -> None:
    """Write a table of any connection, whole, into a version's folder."""
    path = folder / FOLDER / table / "all.parquet"
    path.parent.mkdir()
    _write(connection, f"from {quote(table)}", path)


def _write(connection: Connection, query: str, path: Path) -> None:
    connection.execute(f"copy ({query}) to {literal(str(path))} ({_FORMAT})")
    # it is to be in later versions too
    path.chmod(0o444)


def _held(previous: Path) -> dict[str, File]:
    """Files of a version, by name; none of one that does not list them."""
    if not (previous / FILE).exists():
        return {}
    with connect(previous / FILE, read_only=True) as connection:
        try:
            rows = connection.execute(
                "select table_name, file, rows, bytes, fingerprint, written_in from about_files"
            ).fetchall()
        except QueryError:
            return {}
    return {row[1]: File(*row) for row in rows}


def _parts(release: Connection, table: str, hashed: str, month: str | None) -> list[_Part]:
    """What the files of a table hold; a table without rows is one file without rows."""
    rows = f"count(*), coalesce(sum({hashed}), 0) from {quote(table)}"
    if month is None:
        [found] = release.execute(f"select {rows}").fetchall()
        return [_Part("all", "", *found)]
    # a small integer of known range, which DuckDB groups by without hashing
    number = f"year({quote(month)}) * 12 + month({quote(month)}) - 1"
    months = release.execute(f"select {number}, {rows} group by 1 order by 1").fetchall()
    return [_Part(*_month(quote(month), number), *found) for number, *found in months]


def _month(column: str, number: int | None) -> tuple[str, str]:
    """Name of a month's file, and the condition of its rows."""
    if number is None:
        return "undated", f" where year({column}) is null"
    (year, month), (next_year, next_month) = divmod(number, 12), divmod(number + 1, 12)
    return f"{year:04}-{month + 1:02}", (
        f" where {column} >= make_timestamp({year}, {month + 1}, 1, 0, 0, 0)"
        f" and {column} < make_timestamp({next_year}, {next_month + 1}, 1, 0, 0, 0)"
    )
