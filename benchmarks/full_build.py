"""All marts by dbt from nothing, against one hand-written script that makes the same tables.

The script (full_build.sql) knows its shop and nothing of increments, stamps or contracts. Both get
the same threads and the same memory, and what they make is compared row by row first: a difference
ends the benchmark. Ids are hashed alike; doubles are rounded to nine digits; `row_hash`, a stamp of
change, and when a link was made have no counterpart.

dbt builds in two runs: the compared marts with all that they are made of, which is what the script
is held against, and then the rest. Of dbt's processor time that of the same run on an empty warehouse
is told too: starting, parsing and a hundred models' fixed costs do not grow with the history.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import duckdb
import yaml

from benchmarks.history import History
from benchmarks.measure import Result, Stopwatch, run
from benchmarks.models import PROFILES, build
from orchestration.warehouse import connect

MEMORY = "512MB"
_SCRIPT = Path(__file__).with_suffix(".sql")
_STAMPS = {"row_hash"}
_UNLIKE = {("identity_links", "since")}
_ATTACHED = "(storage_version 'v1.0.0')"  # as dbt's profile attaches the marts


def main(folder: Path, *, small: bool) -> None:
    """Print seconds, processor time, memory and spill of both, for each size and by mart."""
    empty = _Shop(folder / "empty", 0)
    empty.make()
    for size in (20_000,) if small else (200_000, 1_000_000):
        shop = _Shop(folder / f"shop-{size}", size)
        shop.make()
        shop.compare()
        shop.tell(without=empty)
        shutil.rmtree(shop.folder)


def raw(work: Path, size: int, _watch: Stopwatch) -> None:
    """Load a history of which one voice in fifty was changed and one in a hundred deleted since."""
    history = History(work.parent / "raw", size)
    if size:
        history.load(0, size)
        history.load(0, size // 50)
        history.load(size // 50, size // 50 + size // 100, deleted=True)


def by_script(work: Path, _size: int, watch: Stopwatch) -> None:
    """Floor: each statement of the script, in a file of its own."""
    target, seconds = work.parent / "script.duckdb", {}
    with duckdb.connect(config=_limits(work)) as connection:
        connection.execute(f"attach '{target}' as script {_ATTACHED}")
        connection.execute(
            f"attach '{work.parent}/raw/warehouse.duckdb' as warehouse (read_only)"
        )
        connection.execute("use script")
        connection.execute("set variable reference = ?", [str(PROFILES / "reference")])
        statements = duckdb.extract_statements(_SCRIPT.read_text())
        with _spill(work) as spilled, watch:
            for statement in statements:
                began = time.perf_counter()
                connection.execute(statement)
                seconds[_made_by(statement.query)] = time.perf_counter() - began
    _keep(work.parent / "script.json", seconds, spilled)


def by_dbt(work: Path, _size: int, watch: Stopwatch) -> None:
    """The compared marts and all that they are made of, by dbt."""
    _dbt(work, watch, "compared", "--select", *_ancestors(work.parent))


def rest_by_dbt(work: Path, _size: int, watch: Stopwatch) -> None:
    """What else there is, by dbt, after `by_dbt`."""
    _dbt(work, watch, "rest", "--exclude", *_ancestors(work.parent))


def _dbt(work: Path, watch: Stopwatch, name: str, *selected: str) -> None:
    profile = yaml.safe_load((PROFILES / "profiles.yml").read_text())
    profile["earful"]["outputs"]["duckdb"]["config_options"] = _limits(work)
    (work / "profiles.yml").write_text(yaml.safe_dump(profile))
    with _spill(work) as spilled, watch:
        seconds = build(work.parent / "raw", *selected, profiles=work)
    _keep(work.parent / f"{name}.json", seconds, spilled)


def _limits(work: Path) -> dict[str, str | int]:
    return {
        "threads": os.cpu_count() or 1,
        "memory_limit": MEMORY,
        "temp_directory": str(work / "spill"),
    }


def _made_by(statement: str) -> str:
    """Name of what a statement creates, a mart or a step to it."""
    create = next(line for line in statement.splitlines() if line.startswith("create"))
    return create.split("(")[0].removesuffix(" as").split()[-1]


def _ancestors(folder: Path) -> list[str]:
    return [f"+{mart}" for mart in _tables(folder / "script.duckdb")]


def _tables(file: Path) -> list[str]:
    with connect(file, read_only=True) as connection:
        return [
            name
            for (name,) in connection.execute("""
                select table_name from duckdb_tables()
                where database_name = current_database() and schema_name = 'main' order by 1
            """).fetchall()
        ]


@contextmanager
def _spill(work: Path) -> Iterator[SimpleNamespace]:
    """Looks at the folder that DuckDB spills to: the most bytes that were in it at once."""
    seen, ended = SimpleNamespace(bytes=0), threading.Event()

    def look() -> None:
        while not ended.wait(0.05):
            found = 0
            for file in (work / "spill").glob("*"):
                try:
                    found += file.stat().st_blocks * 512
                except FileNotFoundError:
                    continue
            seen.bytes = max(seen.bytes, found)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield seen
    finally:
        ended.set()
        looking.join()


def _keep(file: Path, seconds: dict[str, float], spilled: SimpleNamespace) -> None:
    file.write_text(json.dumps({"seconds": seconds, "spilled": spilled.bytes}))


class _Shop:
    """A history of one size, its marts made both ways."""

    def __init__(self, folder: Path, size: int) -> None:
        self.folder, self.size = folder, size
        self.results: dict[str, Result] = {}

    def make(self) -> None:
        self.folder.mkdir()
        for case in ("raw", "by_script", "by_dbt", *(("rest_by_dbt",) if self.size else ())):
            self.results[case] = run("full_build", case, self.folder, self.size)

    def compare(self) -> None:
        """RuntimeError unless every table of the script is dbt's, row by row."""
        with duckdb.connect() as connection:
            for name, file in (("script", "script.duckdb"), ("dbt", "raw/release.duckdb")):
                connection.execute(f"attach '{self.folder / file}' as {name} (read_only)")
            for mart in _tables(self.folder / "script.duckdb"):
                _compare(connection, mart)

    def tell(self, *, without: _Shop) -> None:
        """Print what both cost; of `without` there are only fixed costs."""
        script, compared, rest = (
            json.loads((self.folder / f"{name}.json").read_text())
            for name in ("script", "compared", "rest")
        )
        marts = _tables(self.folder / "script.duckdb")
        others = sorted(set(_tables(self.folder / "raw/release.duckdb")) - set(marts))
        with connect(self.folder / "script.duckdb", read_only=True) as connection:
            [(events,)] = connection.execute("select count(*) from journey_events").fetchall()
        floor, ours, further = (
            self.results[case] for case in ("by_script", "by_dbt", "rest_by_dbt")
        )
        fixed = without.results["by_dbt"].cpu
        in_models = sum(compared["seconds"].values())
        sys.stdout.write(
            f"  {self.size:>9,} voices, {events:,} events, {MEMORY} of memory;"
            f" {len(marts)} marts equal row by row: {', '.join(marts)}\n"
            f"    not compared: {', '.join(others)}\n"
        )
        for label, result, kept, clock, cpu in (
            ("script", floor, script, floor.seconds, floor.cpu),
            ("dbt, compared", ours, compared, in_models, ours.cpu - fixed),
            ("dbt, the rest", further, rest, sum(rest["seconds"].values()), further.cpu),
        ):
            sys.stdout.write(
                f"    {label:<14} {clock:7.2f} s {clock / floor.seconds:5.2f} x"
                f"  cpu {cpu:7.2f} s {cpu / floor.cpu:5.2f} x"
                f"  peak {result.peak_mb:6,.0f} MB ({result.peak_mb / events * 1e6:,.0f} a million"
                f" events)  spilled {kept['spilled'] / 1e6:,.0f} MB\n"
            )
        sys.stdout.write(
            f"    dbt's seconds are its models'; its cpu is without the {fixed:.2f} s of the same run"
            " on an empty warehouse, that of the rest with such\n"
        )
        _tell_marts(compared["seconds"], script["seconds"], marts)


def _tell_marts(ours: dict[str, float], floor: dict[str, float], marts: list[str]) -> None:
    for mart in sorted(marts, key=lambda mart: ours[mart] - 2 * floor[mart], reverse=True):
        ratio = ours[mart] / floor[mart]
        sys.stdout.write(
            f"      {mart:<18} dbt {ours[mart]:7.2f} s  script {floor[mart]:7.2f} s {ratio:6.2f} x\n"
        )
    for label, seconds in (("dbt's", ours), ("the script's", floor)):
        steps = {name: spent for name, spent in seconds.items() if name not in marts}
        longest = sorted(steps, key=steps.__getitem__, reverse=True)[:8]
        sys.stdout.write(
            f"      {label} steps to them {sum(steps.values()):.2f} s: "
            + ", ".join(f"{name} {steps[name]:.2f}" for name in longest)
            + "\n"
        )


def _compare(connection: duckdb.DuckDBPyConnection, mart: str) -> None:
    made, wanted = (_columns(connection, name, mart) for name in ("script", "dbt"))
    if made != wanted:
        raise RuntimeError(f"{mart}: the columns are {made}, expected {wanted}")
    compared = ", ".join(
        f'round("{name}", 9)' if kind == "DOUBLE" else f'"{name}"'
        for name, kind in wanted
        if (mart, name) not in _UNLIKE
    )
    sides = [f'select {compared} from {name}.main."{mart}"' for name in ("script", "dbt")]
    for one, other in (sides, sides[::-1]):
        [(rows,)] = connection.execute(
            f"select count(*) from ({one} except all {other})"
        ).fetchall()
        if rows:
            whose = "the script" if one is sides[0] else "dbt"
            raise RuntimeError(f"{mart}: {rows:,} rows are {whose}'s alone")


def _columns(
    connection: duckdb.DuckDBPyConnection, database: str, table: str
) -> list[tuple[str, str]]:
    found = connection.execute(
        """select column_name, data_type from duckdb_columns()
        where database_name = ? and schema_name = 'main' and table_name = ? order by column_index""",
        [database, table],
    ).fetchall()
    return [(name, kind) for name, kind in found if name not in _STAMPS]
