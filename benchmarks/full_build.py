"""All marts by dbt from nothing, against one hand-written script that makes the same tables.

The script (full_build.sql) knows its shop, and nothing of increments, stamps or contracts. Both get
the same threads and memory, and what they make is compared row by row first: a difference ends
the benchmark. Only `row_hash`, which stamps changes, and when a link was made have no counterpart.

dbt builds in two runs: the compared marts with all that they are made of, which is what the script
is held against, and then the rest. The clock is that of models (run_results.json), each with its
fixed costs, or of statements. Processor time is that of the process, less that of the same run
on an empty warehouse, which is told beside it: it does not grow with the history.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import time
from pathlib import Path

import yaml

from benchmarks import same_tables
from benchmarks.history import History
from benchmarks.measure import Result, Stopwatch, run
from benchmarks.models import PROFILES, build
from benchmarks.spill import Spilled, spilled_to
from orchestration.checks.masks import masked
from orchestration.warehouse import connect, scratch

_MB_PER_MILLION, _LEAST_MB = 200, 1000
"""Memory that DuckDB gets, for each million voices."""
_SCRIPT = Path(__file__).with_suffix(".sql")
_CASES = ("by_script", "by_dbt", "rest_by_dbt")
_UNLIKE = {("identity_links", "since")}


def main(folder: Path, *, small: bool, sizes: list[int] | None = None) -> None:
    """Print seconds, processor time, memory and spill of both, for each size and by mart."""
    fixed = {case: result.cpu for case, result in _made(folder / "empty", 0).items()}
    for size in sizes or ((20_000,) if small else (200_000, 1_000_000)):
        shop = folder / f"shop-{size}"
        results = _made(shop, size)
        release = shop / "raw/release.duckdb"
        marts = same_tables.compare(shop / "script.duckdb", release, _UNLIKE)
        others = [name for name in same_tables.names(release) if name not in marts]
        sys.stdout.write(
            f"  {size:>9,} voices, {_memory(size)} of memory; compared: {', '.join(marts)}\n"
            f"    not compared: {', '.join(others)}\n"
        )
        _tell(shop, results, fixed)
        _tell_marts(shop, marts)
        shutil.rmtree(shop)


def raw(work: Path, size: int, _watch: Stopwatch) -> None:
    """Load a history of which one voice in fifty was changed and one in a hundred deleted since."""
    history = History(work.parent / "raw", size)
    if size:
        changed = size // 50
        history.load(0, size)
        history.load(0, changed)
        history.load(changed, changed + size // 100, deleted=True)


def by_script(work: Path, size: int, watch: Stopwatch) -> None:
    """Floor: each statement of the script, in a file of its own."""
    seconds: dict[str, float] = {}
    with watch, scratch() as connection, spilled_to(work / "spill") as spilled:
        for setting, value in _limits(work, size).items():
            connection.execute(f"set {setting} = '{value}'")
        # as dbt's profile attaches the marts
        connection.execute(
            f"attach '{work.parent}/script.duckdb' as script (storage_version 'v1.0.0')"
        )
        connection.execute(f"attach '{work.parent}/raw/warehouse.duckdb' as warehouse (read_only)")
        connection.execute("use script")
        connection.execute(f"set variable reference = '{PROFILES / 'reference'}'")
        # a copy of the patterns would be no floor of anything, once they differ
        connection.execute(f"create temp macro redacted(body) as {masked('body')}")
        for statement in connection.extract_statements(_SCRIPT.read_text()):
            began = time.perf_counter()
            connection.execute(statement)
            name = _made_by(statement.query)
            seconds[name] = seconds.get(name, 0) + time.perf_counter() - began
        # on nobody's clock, as with dbt, whose file is made whole when it closes
        connection.execute("checkpoint script")
    _keep(work.parent / "by_script.json", seconds, spilled)


def by_dbt(work: Path, size: int, watch: Stopwatch) -> None:
    """The compared marts and all that they are made of, by dbt."""
    _dbt(work, size, watch, "by_dbt")


def rest_by_dbt(work: Path, size: int, watch: Stopwatch) -> None:
    """What else there is, by dbt, after `by_dbt`."""
    _dbt(work, size, watch, "rest_by_dbt")


def _dbt(work: Path, size: int, watch: Stopwatch, name: str) -> None:
    profile = yaml.safe_load((PROFILES / "profiles.yml").read_text())
    profile["earful"]["outputs"]["duckdb"]["config_options"] = _limits(work, size)
    (work / "profiles.yml").write_text(yaml.safe_dump(profile))
    compared = [f"+{mart}" for mart in same_tables.names(work.parent / "script.duckdb")]
    choice = "--exclude" if name == "rest_by_dbt" else "--select"
    with spilled_to(work / "spill") as spilled, watch:
        seconds = build(work.parent / "raw", choice, *compared, profiles=work)
    _keep(work.parent / f"{name}.json", seconds, spilled)


def _limits(work: Path, size: int) -> dict[str, str | int]:
    spill = str(work / "spill")
    return {"threads": os.cpu_count() or 1, "memory_limit": _memory(size), "temp_directory": spill}


def _memory(size: int) -> str:
    return f"{max(_LEAST_MB, size * _MB_PER_MILLION // 1_000_000)}MB"


def _made_by(statement: str) -> str:
    """Name of what a statement creates, a mart or a step to it; what it drops is one name."""
    made = re.search(r"^create (?:temp )?(?:table|macro) (\w+)", statement, re.MULTILINE)
    return made[1] if made else "others"


def _keep(file: Path, seconds: dict[str, float], spilled: Spilled) -> None:
    file.write_text(json.dumps({"seconds": seconds, "spilled": spilled.bytes}))


def _made(folder: Path, size: int) -> dict[str, Result]:
    folder.mkdir()
    run("full_build", "raw", folder, size)
    return {case: run("full_build", case, folder, size) for case in _CASES}


def _tell(shop: Path, results: dict[str, Result], fixed: dict[str, float]) -> None:
    with connect(shop / "script.duckdb", read_only=True) as connection:
        [(events,)] = connection.execute("select count(*) from journey_events").fetchall()
    kept = {case: json.loads((shop / f"{case}.json").read_text()) for case in _CASES}
    clocks = {case: sum(kept[case]["seconds"].values()) for case in _CASES}
    used = {case: results[case].cpu - fixed[case] for case in _CASES}
    for case in _CASES:
        peak = results[case].peak_mb
        sys.stdout.write(
            f"    {case:<12} {clocks[case]:7.2f} s {clocks[case] / clocks['by_script']:5.2f} x"
            f"   cpu {used[case]:7.2f} s {used[case] / used['by_script']:5.2f} x, fixed"
            f" {fixed[case]:5.2f} s   peak {peak:6,.0f} MB, {peak / events * 1e6:6,.0f} MB"
            f" per million events   spilled {kept[case]['spilled'] / 1e6:,.0f} MB\n"
        )


def _tell_marts(shop: Path, marts: list[str]) -> None:
    floor, ours = (
        json.loads((shop / f"{case}.json").read_text())["seconds"]
        for case in ("by_script", "by_dbt")
    )
    for mart in sorted(marts, key=lambda mart: ours[mart] - 2 * floor[mart], reverse=True):
        sys.stdout.write(
            f"      {mart:<16} script {floor[mart]:7.2f} s   dbt {ours[mart]:7.2f} s"
            f" {ours[mart] / floor[mart]:6.2f} x\n"
        )
    for label, seconds in (("script", floor), ("dbt", ours)):
        steps = {name: spent for name, spent in seconds.items() if name not in marts}
        longest = sorted(steps, key=steps.__getitem__, reverse=True)[:10]
        told = ", ".join(f"{name} {steps[name]:.2f}" for name in longest)
        sys.stdout.write(f"      steps of {label} {sum(steps.values()):.2f} s: {told}\n")
