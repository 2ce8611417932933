"""A CSV export -> raw, against DuckDB's own read_csv -> table.

12 columns, quoted text with commas, quotes, line breaks and non-ASCII; about 115 bytes a row.
"""

from __future__ import annotations

import random
from pathlib import Path

from benchmarks.measure import Stopwatch, compare
from connectors.files import FileStream, StreamConfig
from connectors.landing import Landing, Origin
from orchestration.warehouse import STORAGE, Loader, connect

_NAME = "reviews.csv"
_HEAD = "id,person,author,stars,title,text,country,language,helpful,verified,written,changed"
_TEXTS = [
    "came late, but fine",
    'he said ""tomorrow""',
    "two\nlines",
    "schön, ça va",
    "box crushed, tea everywhere; nobody answered my mail",
]
_MAPPING = {
    "files": _NAME,
    "tables": {
        "reviews": {
            "columns": {
                "review_id": "id",
                "person_ref": "person",
                "author_name": "author",
                "rating": "stars",
                "scale_min": {"constant": 1},
                "scale_max": {"constant": 5},
                "title": "title",
                "body": "text",
                "country": "country",
                "language": "language",
                "helpful_count": "helpful",
                "is_verified": "verified",
                "reviewed_at": "written",
                "updated_at": "changed",
            }
        }
    },
}


def _export(work: Path, size: int) -> Path:
    """The export; made once, shared by all cases."""
    folder = work.parent / f"export-{size}"
    path = folder / _NAME
    if path.exists():
        return path
    folder.mkdir()
    dice = random.Random(11)  # noqa: S311 - not for secrets
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(_HEAD + "\n")
        for first in range(0, size, 10_000):
            file.write("".join(_line(n, dice) for n in range(first, min(first + 10_000, size))))
    return path


def _line(number: int, dice: random.Random) -> str:
    day = f"2026-{number % 9 + 1:02}-{number % 27 + 1:02} {number % 24:02}:30:00"
    return (
        f"{number},{number % 99_991},reader {number % 977},{number % 5 + 1},"
        f'"title, {number % 7919}",'
        f'"{dice.choice(_TEXTS)} {number}",DE,en,{number % 13},{"true" if number % 3 else "false"},'
        f"{day},{day}\n"
    )


def duckdb_read_csv(work: Path, size: int, watch: Stopwatch) -> None:
    """Floor: DuckDB's own reader, typed, into a durable table of the format that ours has."""
    _read_csv(work, size, watch, STORAGE)


def duckdb_read_csv_default_format(work: Path, size: int, watch: Stopwatch) -> None:
    """The same into the format that DuckDB takes unless told otherwise."""
    _read_csv(work, size, watch, "v1.0.0")


def _read_csv(work: Path, size: int, watch: Stopwatch, storage: str) -> None:
    path = _export(work, size)
    with connect(work / "empty.duckdb") as connection:
        connection.execute(f"attach '{work}/floor.duckdb' as floor (storage_version '{storage}')")
        with watch:
            connection.execute(
                f"create table floor.reviews as select * from read_csv('{path}', header = true, "
                "columns = {'id': 'varchar', 'person': 'varchar', 'author': 'varchar', "
                "'stars': 'double', 'title': 'varchar', 'text': 'varchar', 'country': 'varchar', "
                "'language': 'varchar', 'helpful': 'bigint', 'verified': 'boolean', "
                "'written': 'timestamp', 'changed': 'timestamp'})"
            )
            connection.execute("checkpoint floor")


def land_and_load(work: Path, size: int, watch: Stopwatch) -> None:
    """Ours: land the file (raw copy, typed Parquet, rejects, checksums), then load it."""
    path = _export(work, size)
    origin = Origin(source="app", stream="reviews", connector="files", family="review")
    landing = Landing(work / "landing")
    config = StreamConfig.model_validate(_MAPPING)
    stream = FileStream(origin, config, path.parent, keep_raw=True, hash_key=None)
    with watch:
        [manifest] = stream.sync(landing)
        with connect(work / "ours.duckdb") as connection:
            load = Loader(connection, landing).load()
            connection.execute("checkpoint")
    if manifest.counts.accepted != size or load.rows["reviews"] != size:
        raise AssertionError(f"{manifest.counts}, {load.rows}: not {size}")


def main(folder: Path, *, small: bool) -> None:
    """Print the comparison."""
    size = 200_000 if small else 5_000_000
    cases = ["duckdb_read_csv", "duckdb_read_csv_default_format", "land_and_load"]
    compare("csv_export", cases, folder, size)
