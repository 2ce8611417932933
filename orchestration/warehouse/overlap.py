"""Packages that meet rows of earlier ones: re-read windows, changed files, replays."""

from __future__ import annotations

from datetime import datetime

import duckdb

from connectors.families import Table
from connectors.landing import Manifest
from orchestration.warehouse.sql import columns, literal, literals, quote, timestamp


def append_new(
    connection: duckdb.DuckDBPyConnection, table: Table, manifest: Manifest, file: str, at: datetime
) -> int:
    """Append what differs from the version of the record that raw holds. Returns the rows."""
    compared = [c.name for c in table.columns if c.name != "_load_id"]
    same = " and ".join(f"held.{quote(n)} is not distinct from new.{quote(n)}" for n in compared)
    on_key = _on_key(table, "held", "new")
    row = connection.execute(
        f"""
        insert into raw.{quote(table.name)} by name
        with new as (select * from read_parquet({literal(file)})),
        held as (
            select * from raw.{quote(table.name)} as held
            where held._load_id < {literal(manifest.load_id)}
            and exists (select 1 from new where {on_key})
            qualify row_number() over (
                partition by {columns(table.identity)}
                order by {quote(table.cursor)} desc nulls last, _load_id desc
            ) = 1
        )
        select new.*, {timestamp(at)} as _loaded_at
        from new
        where not exists (select 1 from held where {on_key} and {same})
        """
    ).fetchone()
    return int(row[0]) if row else 0


def take_out(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    manifest: Manifest,
    file: str | None,
    at: datetime,
) -> None:
    """Remove the rows of superseded packages.

    A key that the new package no longer brings is looked at again if other packages hold it,
    and gets a tombstone if none does, so that staging takes it out too.
    """
    relation = f"raw.{quote(table.name)}"
    gone = f"_load_id in ({literals(manifest.supersedes)})"
    key = columns(table.identity)
    brings = f"read_parquet({literal(file)})" if file else f"{relation} where false"
    own = columns(c.name for c in table.columns if c.name[0] != "_")
    still_there = f"exists (select 1 from {relation} as r where {_on_key(table, 'old', 'r')})"
    connection.execute(
        f"""
        create or replace temp table vanished as
        select * from {relation}
        where {gone} and ({key}) not in (select ({key}) from {brings})
        qualify row_number() over (partition by {key} order by _load_id desc) = 1;

        delete from {relation} where {gone};

        update {relation} as r set _loaded_at = {timestamp(at)}
        where exists (select 1 from vanished as old where {_on_key(table, "old", "r")});

        insert into {relation} by name
        select {own}, true as _deleted, {literal(manifest.load_id)} as _load_id,
               {timestamp(at)} as _loaded_at
        from vanished as old where not {still_there};

        drop table vanished;
        """
    )


def _on_key(table: Table, left: str, right: str) -> str:
    return " and ".join(f"{left}.{quote(k)} = {right}.{quote(k)}" for k in table.identity)
