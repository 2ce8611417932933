"""Loads every pending package into raw, in one transaction with the ledger.

A package is pending while the ledger does not name it. Because its rows and its ledger row
commit together, a package is in raw once or not at all, whenever the plug is pulled.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb

from connectors.families import TABLES, Table
from connectors.landing import Landing, Manifest, intact
from orchestration.warehouse import ledger, overlap, schema
from orchestration.warehouse.ledger import TableLoad
from orchestration.warehouse.sql import literals, quote, timestamp


@dataclass(frozen=True)
class Load:
    """What one load did: packages, rows that reached each raw table, rows raw already held."""

    packages: list[str] = field(default_factory=list)
    rows: Counter[str] = field(default_factory=Counter)
    repeated: Counter[str] = field(default_factory=Counter)


class Loader:
    """Loads a landing folder into an open warehouse."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, landing: Landing) -> None:
        """Nothing is read or written yet."""
        self._connection = connection
        self._landing = landing

    def load(self) -> Load:
        """Load all pending packages, all or none of them.

        Raises:
            FixEnvironment: A package is damaged, or a contract column changed its type.
        """
        self._connection.execute("begin")
        try:
            schema.ensure(self._connection)
            pending = self.pending()
            load = self._load(pending) if pending else Load()
            self._connection.execute("commit")
        except BaseException:
            self._connection.execute("rollback")
            raise
        return load

    def pending(self) -> list[Manifest]:
        """Packages that the ledger does not know, oldest first."""
        known = ledger.known(self._connection)
        found = [
            manifest
            for source, stream in self._landing.streams()
            # names alone tell what is new: manifests are opened only where something is
            if not known.issuperset(self._landing.load_ids(source, stream))
            for manifest in self._landing.manifests(source, stream)
            if not known.issuperset(manifest.members)
        ]
        return sorted(found, key=lambda manifest: manifest.load_id)

    def _load(self, pending: list[Manifest]) -> Load:
        at = ledger.next_loaded_at(self._connection)
        known = ledger.known(self._connection)
        for manifest in pending:
            self._verify(manifest)
        plain = [m for m in pending if _is_plain(m, known)]
        tables = [load for t in TABLES.values() for load in self._append(t, plain, at)]
        for manifest in pending:
            if not _is_plain(manifest, known):
                tables += self._append_overlap(manifest, at)
        ledger.record(self._connection, pending, tables, at)
        load = Load(packages=[m.load_id for m in pending])
        for entry in tables:
            load.rows[entry.table] += entry.accepted
            load.repeated[entry.table] += entry.rows_in - entry.accepted
        return load

    def _append(self, table: Table, packages: list[Manifest], at: datetime) -> list[TableLoad]:
        """Append the rows of packages that meet nothing in raw, in one statement."""
        bringing = [m for m in packages if table.name in m.tables]
        if not bringing:
            return []
        files = literals(self._file(m, table.name) for m in bringing)
        row = self._connection.execute(
            f"insert into raw.{quote(table.name)} by name "
            f"select *, {timestamp(at)} as _loaded_at "
            f"from read_parquet([{files}], union_by_name = true)"
        ).fetchone()
        loads = [
            TableLoad(m.load_id, table.name, rows, rows)
            for m in bringing
            for rows in [m.tables[table.name].rows]
        ]
        if row is None or row[0] != sum(load.accepted for load in loads):
            raise AssertionError(f"raw.{table.name}: rows inserted are not the rows landed")
        return loads

    def _append_overlap(self, manifest: Manifest, at: datetime) -> list[TableLoad]:
        loads = []
        for table in TABLES.values():
            file = self._file(manifest, table.name) if table.name in manifest.tables else None
            if manifest.supersedes:
                overlap.take_out(self._connection, table, manifest, file, at)
            if file:
                rows = manifest.tables[table.name].rows
                new = overlap.append_new(self._connection, table, manifest, file, at)
                loads.append(TableLoad(manifest.load_id, table.name, rows, new))
        return loads

    def _verify(self, manifest: Manifest) -> None:
        for name, artifact in manifest.tables.items():
            intact.check(Path(self._file(manifest, name)), artifact)

    def _file(self, manifest: Manifest, table: str) -> str:
        folder = self._landing.folder(manifest.source, manifest.stream)
        return str(folder / manifest.load_id / manifest.tables[table].file)


def _is_plain(manifest: Manifest, known: set[str]) -> bool:
    """Nothing that the package brings can be in raw yet."""
    return not (manifest.overlaps or manifest.supersedes or known.intersection(manifest.members))
