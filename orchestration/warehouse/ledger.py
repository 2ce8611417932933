"""The ledger: which packages raw holds, and what became of every row they brought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import duckdb

from connectors.landing import Manifest
from orchestration.warehouse.sql import literal, literals, timestamp


@dataclass(frozen=True)
class TableLoad:
    """Rows of one package for one table: `rows_in` = `accepted` + `deduplicated` at load time."""

    package: str
    table: str
    rows_in: int
    accepted: int


def known(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Ids of all loads and packages that raw holds or has held."""
    rows = connection.execute(
        "select load_id from raw._loads union select package_id from raw._loads"
    ).fetchall()
    return {row[0] for row in rows}


def next_loaded_at(connection: duckdb.DuckDBPyConnection) -> datetime:
    """Time of a new load; strictly later than every earlier one, whatever the clock says."""
    row = connection.execute("select max(loaded_at) from raw._loads").fetchone()
    last = row[0] if row else None
    now = datetime.now(UTC).replace(tzinfo=None)
    return max(now, last + timedelta(microseconds=1)) if last else now


def record(
    connection: duckdb.DuckDBPyConnection,
    packages: list[Manifest],
    tables: list[TableLoad],
    at: datetime,
) -> None:
    """Enter packages and their tables; loads that the ledger has are left as they are."""
    held = known(connection)
    rows = [
        f"({literals([load_id, m.load_id, m.source, m.stream, m.connector, m.family])}, "
        f"{m.counts.read}, {m.counts.accepted}, {m.counts.rejected}, {m.counts.deduplicated}, "
        f"{timestamp(at)}, null, null)"
        for m in packages
        for load_id in m.members
        if load_id not in held
    ]
    connection.execute(f"insert into raw._loads values {', '.join(rows)}")
    for m in packages:
        if m.supersedes:
            connection.execute(
                f"update raw._loads set superseded_by = {literal(m.load_id)} "
                f"where load_id in ({literals(m.supersedes)})"
            )
    if tables:
        entries = ", ".join(
            f"({literals([t.package, t.table])}, {t.rows_in}, {t.accepted}, 0, "
            f"{t.rows_in - t.accepted})"
            for t in tables
        )
        connection.execute(f"insert into raw._load_tables values {entries}")
