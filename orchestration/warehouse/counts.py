"""How many rows tables hold: counted, because DuckDB's own estimate includes deleted ones."""

from __future__ import annotations

from orchestration.warehouse.connection import Connection
from orchestration.warehouse.sql import literal, quote


def count_rows(connection: Connection, where: str) -> dict[str, int]:
    """Rows by table, in order of names, of those in `duckdb_tables()` that meet a condition."""
    tables = connection.execute(
        f"select table_name, database_name, schema_name from duckdb_tables() where {where}"
    ).fetchall()
    counted = " union all ".join(
        f"select {literal(table)}, count(*) from {quote(database)}.{quote(schema)}.{quote(table)}"
        for table, database, schema in tables
    )
    return dict(connection.execute(f"{counted} order by 1").fetchall()) if tables else {}
