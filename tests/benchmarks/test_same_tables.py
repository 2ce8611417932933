"""A floor counts only if it makes the same tables: what differs must end the benchmark."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import same_tables
from orchestration.warehouse import connect

WANTED = "select * from (values (1, 0.1::double, 7), (2, null, 8)) as t(id, score, row_hash)"


@pytest.mark.parametrize(
    ("made", "says"),
    [
        ("select 1 as id, 0.1::double as score", "0 rows too many, 1 are missing"),
        ("select * exclude (row_hash) from ({}) union all select 1, 0.1", "1 rows too many, 0"),
        ("select * exclude (row_hash) replace (score + 1e-8 as score) from ({})", "1 rows too"),
        ("select * exclude (row_hash) replace (coalesce(score, 0) as score) from ({})", "1 rows"),
        ("select id::bigint as id, score from ({})", "its columns are"),
        ("select score, id from ({})", "its columns are"),
    ],
)
def test_a_table_that_is_not_the_same_ends_the_benchmark(
    tmp_path: Path, made: str, says: str
) -> None:
    """One row less or more, another digit, something for a null, another type or order."""
    with pytest.raises(RuntimeError, match=says):
        same_tables.compare(*_files(tmp_path, made), set())


def test_rounding_stamps_and_order_of_rows_make_no_difference(tmp_path: Path) -> None:
    """What two ways of adding up may differ in, and what only an increment needs."""
    made = "select id, score + 1e-12 as score from ({}) order by id desc"

    assert same_tables.compare(*_files(tmp_path, made), set()) == ["answers"]


def _files(folder: Path, made: str) -> tuple[Path, Path]:
    files = folder / "made.duckdb", folder / "wanted.duckdb"
    for file, query in zip(files, (made.format(WANTED), WANTED), strict=True):
        with connect(file) as connection:
            connection.execute(f"create table answers as {query}")
    return files
