"""Takes erased people out of the warehouse file.

Everything but raw, and the history of ids, is made of raw; so that is dropped, and the next build
makes it anew without them. DuckDB leaves what was deleted in free blocks of its file: the file is
copied, and the copy takes its place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from connectors.erasure import Sought, name_columns, text_columns
from connectors.families import TABLES, Table
from connectors.landing import disk
from orchestration.warehouse import schema
from orchestration.warehouse.connection import STORAGE, Connection, connect
from orchestration.warehouse.sql import columns, literal, literals, quote, timestamp

_MADE_BY_US = ("raw", "matching")
"""Schemas that no build makes anew."""
HISTORY = {
    "int_customer_ids": ("customer_id",),
    "int_identity_changes": ("customer_id", "other_customer_id"),
}
"""Tables of the schema `intermediate` that raw cannot give back, and their customers' columns."""


@dataclass
class Found:
    """Rows of raw that go, and those of others in which an address is masked, by table."""

    rows: Counter[str] = field(default_factory=Counter)
    masked: Counter[str] = field(default_factory=Counter)


def last(connection: Connection) -> datetime | None:
    """When people were last taken out of raw, naive UTC."""
    there = connection.execute(
        "select count(*) from duckdb_tables() "
        "where schema_name = 'raw' and table_name = '_erasures'"
    ).fetchone()
    if not there or not there[0]:
        # a file of before there were any
        return None
    row = connection.execute("select max(erased_at) from raw._erasures").fetchone()
    return row[0] if row else None


def find(connection: Connection, sought: Sought) -> Found:
    """What `take_out` would take out of raw."""
    found = Found()
    for relation, table in _relations():
        theirs = _rows(connection, relation, table, sought)
        found.rows[table.name] += theirs.height
        found.masked[table.name] += _masked(connection, relation, table, sought, theirs)
    found.rows, found.masked = +found.rows, +found.masked
    return found


def take_out(connection: Connection, sought: Sought, customers: Iterable[int]) -> Found:
    """Take people out of raw, and drop everything that is made of it, in one transaction.

    Args:
        connection: The warehouse, open for writing.
        sought: Who is erased.
        customers: Ids that they had, which go from the history of ids.
    """
    connection.execute("begin")
    try:
        schema.ensure(connection)
        found = Found()
        for relation, table in _relations():
            theirs = _rows(connection, relation, table, sought)
            found.rows[table.name] += theirs.height
            _delete(connection, relation, theirs)
            found.masked[table.name] += _mask(connection, relation, table, sought)
        _forget_links(connection, sought)
        _forget_ids(connection, list(customers))
        _drop_made(connection)
        connection.execute(
            f"insert into raw._erasures values ({timestamp(_now())}, "
            f"{found.rows.total()}, {found.masked.total()}, false)"
        )
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise
    return Found(+found.rows, +found.masked)


def compact(path: Path) -> bool:
    """Put a copy of the file in its place where something was erased in it since the last copy.

    The caller holds the writer gate. After a crash either file is whole, and this is done again.
    """
    with connect(path) as connection:
        if last(connection) is None:
            return False
        row = connection.execute(
            "select count(*) from raw._erasures where not is_compacted"
        ).fetchone()
        if not row or not row[0]:
            return False
        copy = path.with_suffix(".copy")
        for leftover in (copy, copy.with_name(f"{copy.name}.wal")):
            leftover.unlink(missing_ok=True)
        connection.execute(
            f"attach {literal(str(copy))} as copied (storage_version {literal(STORAGE)})"
        )
        connection.execute(f"copy from database {quote(path.stem)} to copied")
        connection.execute("update copied.raw._erasures set is_compacted = true")
        connection.execute("detach copied")
    disk.replace_durably(copy, path)
    return True


def _relations() -> Iterable[tuple[str, Table]]:
    for table in TABLES.values():
        yield f"raw.{quote(table.name)}", table
        yield f"raw.{quote(f'{table.name}__rejects')}", table


def _rows(connection: Connection, relation: str, table: Table, sought: Sought) -> pl.DataFrame:
    """Row ids of rows of theirs."""
    named = name_columns(table)
    if not named:
        return pl.DataFrame(schema={"rowid": pl.Int64})
    rows = connection.execute(f"select rowid, {columns(named)} from {relation}").pl()
    return rows.filter(sought.rows(table, rows)).select("rowid")


def _delete(connection: Connection, relation: str, rows: pl.DataFrame) -> None:
    if rows.is_empty():
        return
    connection.register("erased_rows", rows.to_arrow())
    connection.execute(f"delete from {relation} where rowid in (select rowid from erased_rows)")
    connection.unregister("erased_rows")


def _masked(
    connection: Connection, relation: str, table: Table, sought: Sought, theirs: pl.DataFrame
) -> int:
    """How many rows of others speak of them."""
    spoken = _spoken_of(table, sought)
    if not spoken:
        return 0
    connection.register("erased_rows", theirs.to_arrow())
    row = connection.execute(
        f"select count(*) from {relation} where ({spoken}) "
        "and rowid not in (select rowid from erased_rows)"
    ).fetchone()
    connection.unregister("erased_rows")
    return int(row[0]) if row else 0


def _mask(connection: Connection, relation: str, table: Table, sought: Sought) -> int:
    """Mask their addresses in the rows that are left. Returns in how many there was one."""
    spoken = _spoken_of(table, sought)
    if not spoken:
        return 0
    pattern, mask = literal(sought.addresses.pattern), literal(sought.addresses.replacement)
    changed = ", ".join(
        f"{quote(c)} = regexp_replace({quote(c)}, {pattern}, {mask}, 'g')"
        for c in text_columns(table)
    )
    row = connection.execute(f"update {relation} set {changed} where {spoken}").fetchone()
    return int(row[0]) if row else 0


def _spoken_of(table: Table, sought: Sought) -> str:
    """Condition that a text of the table holds an address of theirs; empty where none can."""
    if not sought.addresses:
        return ""
    pattern = literal(sought.addresses.pattern)
    return " or ".join(f"regexp_matches({quote(c)}, {pattern})" for c in text_columns(table))


def _forget_links(connection: Connection, sought: Sought) -> None:
    """Pairs that the probabilistic pass found."""
    links = connection.execute("select rowid, * from matching.links").pl()
    people = TABLES["people"]
    theirs = pl.repeat(value=False, n=links.height, dtype=pl.Boolean, eager=True)
    for end in "ab":
        named = links.select(source=f"source_{end}", person_ref=f"person_ref_{end}")
        missing = [pl.lit(None, pl.String).alias(c) for c in name_columns(people) if c not in named]
        theirs |= sought.rows(people, named.with_columns(missing))
    _delete(connection, "matching.links", links.filter(theirs).select("rowid"))


def _forget_ids(connection: Connection, customers: list[int]) -> None:
    """What the history of ids holds of customers."""
    if not customers:
        return
    ids = ", ".join(str(int(customer)) for customer in customers)
    for table, its_columns in HISTORY.items():
        either = " or ".join(f"{quote(column)} in ({ids})" for column in its_columns)
        connection.execute(f"delete from intermediate.{quote(table)} where {either}")


def _drop_made(connection: Connection) -> None:
    """Drop every table and view that a build makes anew."""
    kept = f"schema_name not in ({literals(_MADE_BY_US)}) and database_name = current_database()"
    views = connection.execute(
        f"select schema_name, view_name from duckdb_views() where not internal and {kept}"
    ).fetchall()
    for its_schema, view in views:
        connection.execute(f"drop view {quote(its_schema)}.{quote(view)}")
    tables = connection.execute(
        f"select schema_name, table_name from duckdb_tables() where {kept} "
        f"and table_name not in ({literals(HISTORY)})"
    ).fetchall()
    for its_schema, table in tables:
        connection.execute(f"drop table {quote(its_schema)}.{quote(table)}")


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
