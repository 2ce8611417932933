"""What a published file says of itself: the tables `about`, `about_sources`, and so on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from connectors.families import TABLES as FAMILY_TABLES
from orchestration.publishing import about_comments, parquet
from orchestration.warehouse import Connection
from orchestration.warehouse.sql import literal, literals, quote, timestamp, utc_now

TABLES = ("about", "about_sources", "about_rejects", "about_files")
"""Beside the tables of the release."""


@dataclass(frozen=True)
class Standing:
    """Where the streams of one source and family stood when they were last read."""

    source: str
    family: str
    connector: str
    stale_after_hours: float | None
    is_late: bool | None
    failed_streams: tuple[str, ...]


@dataclass(frozen=True)
class Edition:
    """What a version says of itself in its tables `about` and `about_sources`."""

    version: str
    run_id: str
    code: str
    fingerprint: str
    standings: tuple[Standing, ...] = ()


def describe(
    connection: Connection,
    edition: Edition,
    rows: dict[str, int],
    files: list[parquet.File],
) -> None:
    """Make the tables of a published file, with the warehouse attached as `warehouse`."""
    now = datetime.now(UTC).replace(tzinfo=None)
    connection.execute(
        f"""
        create table about as select
            {literal(edition.version)} as version,
            {timestamp(now)} as published_at,
            {literal(edition.run_id)} as run_id,
            {literal(edition.code)} as code_version,
            {literal(edition.fingerprint)} as model_fingerprint,
            'passed' as gate,
            {sum(rows.values())}::bigint as total_rows,
            (select max(loaded_at) from warehouse.raw._loads) as loaded_until,
            (select count(distinct source) from warehouse.raw._loads) as source_count;
        """
    )
    _tell_sources(connection, edition.standings)
    _count_rejects(connection)
    _list(connection, files)
    about_comments.comment(connection)


def _tell_sources(connection: Connection, standings: tuple[Standing, ...]) -> None:
    """A source that never landed anything is told too, by what is configured."""
    connection.execute(
        f"""
        create table about_sources as
        with loaded as (
            select
                source, family, connector,
                count(*) as loads,
                max(loaded_at) as last_loaded_at,
                round(date_diff('second', max(loaded_at), {utc_now()}) / 3600.0, 2) as age_hours,
                sum(records_read)::bigint as records_read,
                sum(records_accepted)::bigint as records_accepted,
                sum(records_rejected)::bigint as records_rejected,
                sum(records_deduplicated)::bigint as records_deduplicated
            from warehouse.raw._loads where superseded_by is null
            group by all
        ),

        configured (source, family, connector, stale_after_hours, is_late, failed_streams) as (
            {_values(standings)}
        )

        select
            source, family, coalesce(loaded.connector, configured.connector) as connector,
            coalesce(loads, 0) as loads,
            last_loaded_at, age_hours,
            coalesce(records_read, 0) as records_read,
            coalesce(records_accepted, 0) as records_accepted,
            coalesce(records_rejected, 0) as records_rejected,
            coalesce(records_deduplicated, 0) as records_deduplicated,
            stale_after_hours::double as stale_after_hours,
            is_late::boolean as is_late,
            failed_streams::varchar as failed_streams
        from loaded full join configured using (source, family)
        order by source, family;
        """
    )


def _values(standings: tuple[Standing, ...]) -> str:
    rows = ", ".join(
        f"({literals([s.source, s.family, s.connector])}, {_or_null(s.stale_after_hours)}, "
        f"{_or_null(s.is_late)}, nullif({literal(', '.join(s.failed_streams))}, ''))"
        for s in standings
    )
    return f"values {rows}" if rows else "select '', '', '', null, null, null where false"


def _or_null(value: float | bool | None) -> str:  # noqa: FBT001 - it is a value, no switch
    return "null" if value is None else str(value)


def _count_rejects(connection: Connection) -> None:
    rejects = " union all ".join(
        f"select {literal(table)} as table_name, _load_id, _reason, _rejected_at "
        f"from warehouse.raw.{quote(table + '__rejects')}"
        for table in FAMILY_TABLES
    )
    connection.execute(
        f"""
        create table about_rejects as select
            loads.source,
            rejects.table_name,
            rejects._reason as reason,
            count(*) as rows,
            max(rejects._rejected_at) as last_rejected_at
        from ({rejects}) as rejects
        inner join warehouse.raw._loads as loads on rejects._load_id = loads.load_id
        where loads.superseded_by is null
        group by all order by all;
        """
    )


def _list(connection: Connection, files: list[parquet.File]) -> None:
    rows = ", ".join(
        f"({literals([f.table, f.file])}, {f.rows}, {f.bytes}, "
        f"{literals([f.fingerprint, f.written_in])})"
        for f in files
    )
    connection.execute(
        f"""
        create table about_files (
            table_name varchar, file varchar, rows bigint, bytes bigint,
            fingerprint varchar, written_in varchar
        );

        insert into about_files values {rows};
        """
    )
