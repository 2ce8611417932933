"""What Earful costs before it does anything: imports, a run with nothing new, Dagster over dbt."""

from __future__ import annotations

import os
import pstats
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Stopwatch, compare
from orchestration.demo import company
from orchestration.settings import Settings

_EARFUL = [sys.executable, "-c", "from orchestration.cli import main; main()"]
_MATERIALIZE = """
from orchestration import runs, settings
from orchestration.definitions import defs
from orchestration.defs.models.dbt import models

with runs.instance(settings.load()) as dagster:
    job = defs().resolve_implicit_global_asset_job_def()
    job.execute_in_process(instance=dagster, asset_selection=sorted(models.keys))
"""
_ROOT = Path(__file__).parents[1]
_OURS = tuple(f"{_ROOT / package}{os.sep}" for package in ("connectors", "orchestration"))


def _timed(command: list[str], watch: Stopwatch, **environment: str) -> None:
    variables = {"EARFUL_RESPONDENT_KEY": "known to the benchmarks", **os.environ, **environment}
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
    """`earful run` on the demo's vendors and exports when nothing is new; they run already."""
    data = _demo(work)
    with company.vendors(Settings(data=data), company.Wish()):
        _timed([*_EARFUL, "run"], watch, EARFUL_DATA=str(data))


def dbt_alone(work: Path, _size: int, watch: Stopwatch) -> None:
    """Floor: `dbt build` of seeds, models and their tests on the demo's raw, nothing of it new."""
    settings = Settings(data=_demo(work))
    dbt = str(Path(sys.executable).with_name("dbt"))
    project = str(_ROOT / "dbt_project")
    _timed(
        [
            *(dbt, "build", "--exclude-resource-type", "unit_test"),
            *("--project-dir", project, "--profiles-dir", project),
        ],
        watch,
        **settings.dbt_environment,
    )


def dbt_in_dagster(work: Path, _size: int, watch: Stopwatch) -> None:
    """Ours: the same as Dagster's assets and checks, each with its event."""
    _timed([sys.executable, "-c", _MATERIALIZE], watch, EARFUL_DATA=str(_demo(work)))


def _demo(work: Path) -> Path:
    """Data folder of a demo, made where it is not there yet."""
    data = work.parent / "instance"
    if not (data / "published").exists():
        _timed([*_EARFUL, "demo"], Stopwatch(), EARFUL_DATA=str(data))
    return data


def _own_seconds(profile: Path) -> tuple[float, float]:
    """Seconds of a profile spent in our functions, and in all.

    To ours counts what they do themselves and the built-in calls that they make, so that a query
    or a file that our code asks for is ours too; what libraries do on their own is not.
    """
    stats = pstats.Stats(str(profile))
    return sum(_own(stats)), stats.total_tt  # type: ignore[attr-defined]


def _own(stats: pstats.Stats) -> Iterator[float]:
    for (file, _, _), (_, _, itself, _, callers) in stats.stats.items():  # type: ignore[attr-defined]
        if file.startswith(_OURS):
            yield itself
        elif file == "~":
            yield from (
                seconds
                for (by, _, _), (_, _, seconds, _) in callers.items()
                if by.startswith(_OURS)
            )


def _own_code(folder: Path) -> None:
    """Print how much of a run with nothing new is ours; the profiler makes it look longer."""
    profile = folder / "nothing_new.profile"
    program = [sys.executable, "-m", "cProfile", "-o", str(profile)]
    earful = str(Path(sys.executable).with_name("earful"))
    data = folder / "instance"
    with company.vendors(Settings(data=data), company.Wish()):
        _timed([*program, earful, "run"], Stopwatch(), EARFUL_DATA=str(data))
    ours, total = _own_seconds(profile)
    sys.stdout.write(
        f"  run_nothing_new: {ours:.2f} s of {total:.2f} s, profiled, in our own code\n"
    )


def main(folder: Path, *, small: bool) -> None:
    """Print the comparison."""
    cases = ["import_libraries", "import_definitions", "help_text", "run_nothing_new"]
    compare("overheads", cases, folder, 1, repeats=1 if small else 3)
    compare("overheads", ["dbt_alone", "dbt_in_dagster"], folder, 1, repeats=1 if small else 3)
    _own_code(folder)
