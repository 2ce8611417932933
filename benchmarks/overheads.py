"""What Earful costs before it does anything: importing, and a run with nothing new."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from benchmarks.measure import Stopwatch, compare

_EARFUL = [sys.executable, "-c", "from orchestration.cli import main; main()"]


def _timed(command: list[str], watch: Stopwatch, **environment: str) -> None:
    variables = {**os.environ, "EARFUL_RESPONDENT_KEY": "bench", **environment}
    with watch:
        subprocess.run(command, env=variables, check=True, capture_output=True)  # noqa: S603


def import_libraries(_work: Path, _size: int, watch: Stopwatch) -> None:
    """Floor: Dagster and dagster-dbt alone."""
    _timed([sys.executable, "-c", "import dagster, dagster_dbt"], watch)


def import_definitions(work: Path, _size: int, watch: Stopwatch) -> None:
    """Ours: everything that Dagster loads, the dbt manifest included (parsed before)."""
    load = "from orchestration.definitions import defs; defs()"
    data = str(work.parent / "instance")
    _timed([sys.executable, "-c", load], Stopwatch(), EARFUL_DATA=data)
    _timed([sys.executable, "-c", load], watch, EARFUL_DATA=data)


def help_text(_work: Path, _size: int, watch: Stopwatch) -> None:
    """`earful --help`."""
    _timed([*_EARFUL, "--help"], watch)


def run_nothing_new(work: Path, _size: int, watch: Stopwatch) -> None:
    """`earful run` on the demo's sources when nothing is new."""
    data = str(work.parent / "instance")
    if not (work.parent / "instance/published").exists():
        _timed([*_EARFUL, "run"], Stopwatch(), EARFUL_DATA=data)
    _timed([*_EARFUL, "run"], watch, EARFUL_DATA=data)


def main(folder: Path, *, small: bool) -> None:
    """Print the comparison."""
    cases = ["import_libraries", "import_definitions", "help_text", "run_nothing_new"]
    compare("overheads", cases, folder, 1, repeats=1 if small else 3)
