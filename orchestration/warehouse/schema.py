"""Keeps the raw schema in step with the family contracts.

New contract columns are added; a column whose type changed is refused with a sentence,
because only a person can say what the old values mean in the new type.
"""

from __future__ import annotations

import duckdb

from connectors.errors import FixEnvironment
from connectors.families import TABLES, Table
from orchestration.warehouse.sql import quote

LEDGER = """
create schema if not exists raw;
create table if not exists raw._loads (
    load_id varchar not null,
    package_id varchar not null,
    source varchar not null,
    stream varchar not null,
    connector varchar not null,
    family varchar not null,
    records_read bigint not null,
    records_accepted bigint not null,
    records_rejected bigint not null,
    records_deduplicated bigint not null,
    loaded_at timestamp not null,
    superseded_by varchar,
    gated_at timestamp
);
create table if not exists raw._load_tables (
    load_id varchar not null,
    table_name varchar not null,
    rows_in bigint not null,
    rows_accepted bigint not null,
    rows_rejected bigint not null,
    rows_deduplicated bigint not null
);
create table if not exists raw._erasures (
    erased_at timestamp not null,
    rows_erased bigint not null,
    rows_masked bigint not null,
    is_compacted boolean not null
);
"""
MATCHES = """
create schema if not exists matching;
create table if not exists matching.links (
    source_a varchar not null,
    person_ref_a varchar not null,
    source_b varchar not null,
    person_ref_b varchar not null,
    probability double not null,
    verdict varchar not null,
    model varchar not null
);
"""
"""What the probabilistic pass found; empty where there is none, for dbt reads it all the same."""


def raw_columns(table: Table) -> dict[str, str]:
    """Column names and DuckDB types of a raw table, in order."""
    return {c.name: c.type.duckdb for c in table.columns} | {"_loaded_at": "TIMESTAMP"}


def reject_columns(table: Table) -> dict[str, str]:
    """Column names and DuckDB types of the table that refused rows go to."""
    return raw_columns(table) | {"_reason": "VARCHAR", "_rejected_at": "TIMESTAMP"}


def ensure(connection: duckdb.DuckDBPyConnection) -> None:
    """Create what is missing in `raw`, add new columns, refuse changed types."""
    connection.execute(LEDGER)
    connection.execute(MATCHES)
    there = _existing(connection)
    for table in TABLES.values():
        _ensure_table(connection, there, table.name, raw_columns(table))
        _ensure_table(connection, there, f"{table.name}__rejects", reject_columns(table))


def _existing(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    rows = connection.execute(
        "select table_name, column_name, data_type from duckdb_columns() where schema_name = 'raw'"
        " and database_name = current_database()"
    ).fetchall()
    for table, column, data_type in rows:
        found.setdefault(table, {})[column] = data_type
    return found


def _ensure_table(
    connection: duckdb.DuckDBPyConnection,
    there: dict[str, dict[str, str]],
    name: str,
    columns: dict[str, str],
) -> None:
    relation = f"raw.{quote(name)}"
    if name not in there:
        body = ", ".join(f"{quote(column)} {kind}" for column, kind in columns.items())
        connection.execute(f"create table {relation} ({body})")
        return
    for column, kind in columns.items():
        held = there[name].get(column)
        if held is None:
            connection.execute(f"alter table {relation} add column {quote(column)} {kind}")
        elif held != kind:
            raise FixEnvironment(
                "RAW-TYPE",
                f"raw.{name}.{column}",
                f"the warehouse holds it as {held}, the contract now says {kind}",
                "Move the warehouse file away and run again: it comes back from landing.",
            )
