"""Zendesk's ticket pages -> current rows in DuckDB, beside dlt in its fastest setting.

The floor is that of json_pages, whose Parquet is put into a table by key in one statement. Ours
lands packages, loads them into raw, and puts the current version of each case into a table by
delete and insert, as dbt's staging does. dlt is a peer and no dependency: it gets an environment of
its own under build/.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.json_pages import floor_short, landed
from benchmarks.measure import Stopwatch, compare
from benchmarks.tickets import page_files
from connectors.landing import Landing
from orchestration.warehouse import Connection, Loader, connect

_PEER = Path(__file__).parents[1] / "build/peers/dlt"
_PYTHON = _PEER / "bin/python"
_CURRENT = """
    create table if not exists current_cases as from raw.cases limit 0;
    create temp table winners as
        select source, case_id, max_by(rowid, struct_pack(
            at := updated_at, load := _load_id, place := rowid)) as winner
        from raw.cases group by all;
    begin;
    delete from current_cases using winners
        where current_cases.source = winners.source and current_cases.case_id = winners.case_id;
    insert into current_cases
        select versions.* from raw.cases as versions join winners on versions.rowid = winner;
    commit;
    checkpoint;
"""


def floor_current(work: Path, size: int, watch: Stopwatch) -> None:
    """Floor: decoded, kept and written by hand, the current version by key."""
    floor_short(work, size, watch)
    with watch, connect(work / "floor.duckdb") as connection:
        connection.execute(
            f"create table current_tickets as from read_parquet('{work}/*.parquet')"
            " qualify row_number() over (partition by id order by updated_at desc) = 1"
        )
        [[rows]] = connection.execute("select count(*) from current_tickets").fetchall()
    _check(rows, size)


def dlt_merge(work: Path, size: int, watch: Stopwatch) -> None:
    """dlt: extract, normalize to Parquet, merge by key."""
    pages = page_files(work.parent, size)[0].parent
    script = Path(__file__).with_name("dlt_script.py")
    ended = subprocess.run(  # noqa: S603 - our own script
        [_PYTHON, script, pages, work], capture_output=True, text=True, check=True
    )
    said = json.loads(ended.stdout.splitlines()[-1])
    watch.seconds, watch.cpu = said["seconds"], said["cpu"]
    _check(said["rows"], size)


def land_load_current(work: Path, size: int, watch: Stopwatch) -> None:
    """Ours: land, load, current version by key."""
    files = page_files(work.parent, size)
    with watch:
        landing = Landing(work / "landing")
        landed(files, landing)
        with connect(work / "ours.duckdb") as connection:
            Loader(connection, landing).load()
            _keep_current(connection)
    with connect(work / "ours.duckdb", read_only=True) as connection:
        [[rows]] = connection.execute("select count(*) from current_cases").fetchall()
    _check(rows, size)


def _keep_current(connection: Connection) -> None:
    connection.execute(_CURRENT)


def _check(rows: int, size: int) -> None:
    if rows != size:
        raise AssertionError(f"{rows} of {size} rows")


def _installed() -> bool:
    """Whether dlt is there, or could be had."""
    if not _PYTHON.exists():
        uv = shutil.which("uv", path=Path(sys.executable).parent) or shutil.which("uv")
        if uv is None:
            return False
        made = subprocess.run([uv, "venv", "-q", "-p", sys.executable, _PEER], check=False)  # noqa: S603
        wanted = ["dlt[duckdb]==1.31.*", "duckdb==1.5.*", "orjson", "pyarrow"]
        install: list[str | Path] = [uv, "pip", "install", "-q", "-p", _PYTHON, *wanted]
        if made.returncode or subprocess.run(install, check=False).returncode:  # noqa: S603
            shutil.rmtree(_PEER, ignore_errors=True)
    return _PYTHON.exists()


def main(folder: Path, *, small: bool) -> None:
    """Print the comparison."""
    if not _installed():
        sys.stdout.write("  skipped: dlt 1.31 could not be installed\n")
        return
    cases = ["floor_current", "land_load_current", "dlt_merge"]
    compare("dlt_peer", cases, folder, 20_000 if small else 500_000)
