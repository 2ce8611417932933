"""Load packages -> raw: 100 packages of 10,000 rows in one transaction, and one into 20 million."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from benchmarks.measure import Stopwatch, compare
from connectors.landing import Counts, Landing, Origin, PackageWriter
from orchestration.warehouse import Loader, connect

ROWS = 10_000
ORIGIN = Origin(source="app", stream="reviews", connector="bench", family="review")
_CACHE = "landing-{packages}"


def _landed(folder: Path, packages: int) -> Path:
    """A landing folder with that many packages; made once, shared by all cases."""
    root = folder.parent / _CACHE.format(packages=packages)
    if root.exists():
        return root
    landing = Landing(root)
    with landing.writing(ORIGIN.source, ORIGIN.stream) as stream:
        for package in range(packages):
            load_id = f"20260101T000000.{package:06}Z-bench0"
            with PackageWriter(stream, load_id, ORIGIN) as writer:
                writer.add("reviews", _reviews(package * ROWS))
                writer.commit(Counts(read=ROWS, accepted=ROWS))
    return root


def _reviews(first: int) -> pl.DataFrame:
    ids = pl.int_range(first, first + ROWS, eager=True)
    start = datetime(2026, 1, 1)  # noqa: DTZ001 - UTC by contract
    return pl.DataFrame(
        {
            "review_id": ids.cast(pl.String),
            "person_ref": (ids % 99_991).cast(pl.String),
            "author_name": "reader " + (ids % 977).cast(pl.String),
            "rating": (ids % 5 + 1).cast(pl.Float64),
            "scale_min": 1.0,
            "scale_max": 5.0,
            "title": "title " + (ids % 7919).cast(pl.String),
            "body": "the box came late and the tea was fine " + (ids * 31 % 65_537).cast(pl.String),
            "country": "DE",
            "language": "en",
            "reviewed_at": start + ids.cast(pl.Duration("us")) * 1_000_000,
        }
    ).with_columns(updated_at=pl.col("reviewed_at") + timedelta(hours=1))


def create_table_as(work: Path, size: int, watch: Stopwatch) -> None:
    """Floor: a durable CREATE TABLE AS of the same rows, checkpoint included."""
    root = _landed(work, size // ROWS)
    with connect(work / "floor.duckdb") as connection, watch:
        connection.execute(
            f"create table reviews as select *, now() as _loaded_at "
            f"from read_parquet('{root}/*/*/*/reviews.parquet')"
        )
        connection.execute("checkpoint")


def load_all(work: Path, size: int, watch: Stopwatch) -> None:
    """Ours: all packages in one transaction with the ledger, checkpoint included."""
    root = _landed(work, size // ROWS)
    with connect(work / "ours.duckdb") as connection, watch:
        load = Loader(connection, Landing(root)).load()
        connection.execute("checkpoint")
    if load.rows["reviews"] != size:
        raise AssertionError(f"{load.rows['reviews']} of {size} rows loaded")


def _one_into(work: Path, rows: int, watch: Stopwatch) -> None:
    """One package into a table that holds `rows` rows already."""
    root = work / "landing"
    shutil.copytree(_landed(work, 1), root)
    prepared = work.parent / f"held-{rows}.duckdb"
    if not prepared.exists():
        with connect(prepared) as connection:
            Loader(connection, Landing(work / "nothing")).load()
            connection.execute(
                f"insert into raw.reviews by name select 'old' as source, i::varchar as review_id,"
                f" (i % 5 + 1)::double as rating, 'the box came late ' || i as body,"
                f" timestamp '2025-01-01' + to_seconds(i) as reviewed_at, false as _deleted,"
                f" '20250101T000000.' || (i // 10000) as _load_id,"
                f" timestamp '2025-01-01' + to_seconds(i // 10000) as _loaded_at"
                f" from range({rows}) as t(i)"
            )
    shutil.copy(prepared, work / "held.duckdb")
    with connect(work / "held.duckdb") as connection:
        connection.execute("select count(*) from raw.reviews").fetchall()
        with watch:
            Loader(connection, Landing(root)).load()


def one_into_empty(work: Path, _size: int, watch: Stopwatch) -> None:
    """Floor: one package into an empty table."""
    _one_into(work, 0, watch)


def one_into_20_million(work: Path, _size: int, watch: Stopwatch) -> None:
    """One package into a table of 20 million rows."""
    _one_into(work, 20_000_000, watch)


def one_into_1_million(work: Path, _size: int, watch: Stopwatch) -> None:
    """One package into a table of 1 million rows."""
    _one_into(work, 1_000_000, watch)


def main(folder: Path, *, small: bool) -> None:
    """Print the comparisons."""
    many = 100_000 if small else 1_000_000
    compare("loader", ["create_table_as", "load_all"], folder, many, repeats=3 if small else 9)
    big = "one_into_1_million" if small else "one_into_20_million"
    compare("loader", ["one_into_empty", big], folder, ROWS, repeats=3 if small else 5)
