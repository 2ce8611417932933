"""The report of the demo, and of its published file with every customer many times over.

Everything that has a row for each event, case, comment or customer is there again under other ids,
in the same months; cells of metrics are not, since they follow periods and places, not customers.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.measure import Stopwatch
from orchestration.publishing.versions import FILE
from orchestration.report.build import build
from orchestration.settings import Settings
from orchestration.warehouse import connect
from orchestration.warehouse.sql import quote

_BY_CUSTOMER = (
    *("journey_events", "journeys", "journey_steps", "customers", "invitations", "scores"),
    *("comments", "comment_themes", "cases", "case_parity"),
)
_IDS = """
    select column_name from duckdb_columns()
    where table_name = ? and data_type = 'BIGINT' and suffix(column_name, '_id')"""


def main(folder: Path, *, small: bool) -> None:
    """Print seconds, bytes and peak memory of building the report at each size."""
    settings = Settings(data=folder / "data", build=folder / "build")
    _demo(settings)
    _report(settings, 1)
    for times in (2, 4) if small else (20, 200):
        _multiply(settings, times)
        _report(settings, times)


def _demo(settings: Settings) -> None:
    places = {"EARFUL_DATA": str(settings.data), "EARFUL_BUILD": str(settings.build)}
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", "from orchestration.cli import main; main()", "demo", "--json"],
        env={**os.environ, **places},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    sys.stdout.write(f"  the demo took {time.perf_counter() - began:.0f} s\n")


def _multiply(settings: Settings, times: int) -> None:
    """Bring the tables to so many times what the demo published."""
    file = settings.published / FILE
    file.chmod(0o644)
    with connect(file) as connection:
        for table in _BY_CUSTOMER:
            name, once = quote(table), quote(f"{table}__once")
            connection.execute(f"create table if not exists {once} as from {name}")
            found = connection.execute(_IDS, [table]).fetchall()
            ids = ", ".join(f"(hash({quote(c)}, n) >> 1)::bigint as {quote(c)}" for (c,) in found)
            connection.execute(f"delete from {name}")
            connection.execute(
                f"insert into {name} select * exclude (n) replace ({ids})"
                f" from {once} cross join range({times}) as t(n)"
            )
    file.chmod(0o444)


def _report(settings: Settings, times: int) -> None:
    """In a process of its own, for its memory."""
    environment = {**os.environ, "EARFUL_DATA": str(settings.data)}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.report"],
        env=environment,
        check=True,
        capture_output=True,
    )
    sys.stdout.write(f"  {times:>4} x {done.stdout.decode()}")


def _build() -> None:
    settings, watch = Settings(), Stopwatch()
    with connect(settings.published / FILE, read_only=True) as connection:
        [(events,)] = connection.execute("select count(*) from journey_events").fetchall()
    with watch:
        report = build(settings)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(
        f"{events:>11,} events: {watch.seconds:5.1f} s, cpu {watch.cpu:5.1f} s,"
        f" {report.size / 1e6:.1f} MB in {report.pages} pages, {peak:,.0f} MB in memory\n"
    )


if __name__ == "__main__":
    _build()
