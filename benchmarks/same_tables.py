"""Whether tables of two DuckDB files are the same, row by row, whatever the order of rows."""

from __future__ import annotations

from pathlib import Path

from orchestration.warehouse import connect, scratch

STAMPS = {"row_hash", "links_build"}
"""Columns that say whether a row changed, or up to what it is told: no part of what it says."""


def names(file: Path) -> list[str]:
    """Tables of the main schema."""
    with connect(file, read_only=True) as connection:
        found = connection.execute("""
            select table_name from duckdb_tables()
            where database_name = current_database() and schema_name = 'main' order by 1
        """).fetchall()
    return [name for (name,) in found]


def compare(made: Path, wanted: Path, unlike: set[tuple[str, str]]) -> list[str]:
    """Tables of `made`, each of them the same in `wanted`.

    Doubles are rounded to nine digits; (table, column) of `unlike` are not looked at.

    Raises:
        RuntimeError: Columns or rows differ.
    """
    tables = names(made)
    with scratch() as connection:
        connection.execute(f"attach '{made}' as made (read_only)")
        connection.execute(f"attach '{wanted}' as wanted (read_only)")
        columns: dict[str, dict[str, list[tuple[str, str]]]] = {"made": {}, "wanted": {}}
        for database, table, column, kind in connection.execute("""
            select database_name, table_name, column_name, data_type from duckdb_columns()
            where database_name in ('made', 'wanted') and schema_name = 'main' order by column_index
        """).fetchall():
            if column not in STAMPS:
                columns[database].setdefault(table, []).append((column, kind))
        for table in tables:
            ours, theirs = (columns[side].get(table, []) for side in ("made", "wanted"))
            if ours != theirs:
                raise RuntimeError(f"{table}: its columns are {ours}, expected {theirs}")
            rows = ", ".join(
                f'round("{name}", 9)' if kind == "DOUBLE" else f'"{name}"'
                for name, kind in theirs
                if (table, name) not in unlike
            )
            sides = [f'select {rows} from {side}.main."{table}"' for side in columns]
            [(more, less)] = connection.execute(f"""
                select
                    (select count(*) from ({sides[0]} except all {sides[1]})),
                    (select count(*) from ({sides[1]} except all {sides[0]}))
            """).fetchall()
            if more or less:
                raise RuntimeError(f"{table}: {more:,} rows too many, {less:,} are missing")
    return tables
