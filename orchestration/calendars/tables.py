"""The tables `calendars.*` of the warehouse, which the models measure with."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import polars as pl

from orchestration.calendars.hours import intervals
from orchestration.calendars.rows import HOURS, TEAMS, read
from orchestration.warehouse import Connection

_EARLIEST = 1990
_TABLES: dict[str, dict[str, pl.DataType | type[pl.DataType]]] = {
    "hours": {
        "calendar": pl.String,
        "day": pl.Date,
        "opens_at": pl.Datetime("us"),
        "closes_at": pl.Datetime("us"),
        "seconds_before": pl.Int64,
    },
    "teams": {
        "source": pl.String,
        "team_ref": pl.String,
        "calendar": pl.String,
        "version": pl.String,
    },
    "findings": {
        "seed": pl.String,
        "line": pl.Int64,
        "calendar": pl.String,
        "entry": pl.String,
        "finding": pl.String,
    },
    "made": {"version": pl.String},
}
_SHAPE = 1
"""Raised when the tables are made differently, so that they are made anew."""


def refresh(connection: Connection, seeds: Path) -> bool:
    """Make the tables anew where anything that they hang on changed; tells whether it did.

    Needs the raw tables.
    """
    years = _years(connection)
    now = _version(seeds, years)
    if _held(connection) == now:
        return False
    openings, teams, findings = read(seeds)
    first, last = date(years[0], 1, 1), date(years[1], 12, 31)
    made: dict[str, Sequence[tuple[object, ...]]] = {
        "hours": [
            (i.calendar, i.day, i.opens_at, i.closes_at, i.seconds_before)
            for i in intervals(openings, first, last)
        ],
        # the first of two rows for a team counts; both are told among the findings
        "teams": list(
            {
                (t.source, t.team_ref): (t.source, t.team_ref, t.calendar, now)
                for t in reversed(teams)
            }.values()
        ),
        "findings": [(f.seed, f.line, f.calendar, f.entry, f.finding) for f in findings],
        "made": [(now,)],
    }
    connection.execute("create schema if not exists calendars")
    # last, so that tables of a broken-off run are made anew
    for name in ("hours", "teams", "findings", "made"):
        frame = pl.DataFrame(made[name], schema=_TABLES[name], orient="row")
        connection.register("made_here", frame.to_arrow())
        connection.execute(f"create or replace table calendars.{name} as from made_here")
        connection.unregister("made_here")
    return True


def _years(connection: Connection) -> tuple[int, int]:
    """Years that cases can be measured in, and one more on either side.

    A moment outside of them is a mistake of a clock, and has no business minutes.
    """
    row = connection.execute(
        "select min(year(created_at)), max(year(_loaded_at)) from raw.cases"
    ).fetchone()
    first, last = row or (None, None)
    if first is None or last is None:
        return _EARLIEST, _EARLIEST
    return min(max(first - 1, _EARLIEST), last), last + 1


def _held(connection: Connection) -> str | None:
    there = connection.execute(
        "select 1 from duckdb_tables() where schema_name = 'calendars' and table_name = 'made' "
        "and database_name = current_database()"
    ).fetchone()
    row = connection.execute("select version from calendars.made").fetchone() if there else None
    return row[0] if row else None


def _version(seeds: Path, years: tuple[int, int]) -> str:
    """Fingerprint of everything that decides what the tables hold."""
    digest = hashlib.sha256(f"{_SHAPE} {years}".encode())
    for package in ("holidays", "tzdata"):
        try:
            digest.update(f"\0{version(package)}".encode())
        except PackageNotFoundError:
            digest.update(b"\0")
    for seed in (HOURS, TEAMS):
        path = seeds / f"{seed}.csv"
        digest.update(b"\0" + (path.read_bytes() if path.is_file() else b""))
    return digest.hexdigest()[:16]
