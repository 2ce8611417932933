"""The sandbox company: lived, written, and streamed to export files.

Rows are those of all systems' tables; events are the records of the export files. Memory must not
grow with the number of customers: one block of them is alive at a time.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

from benchmarks.measure import Stopwatch
from connectors.sandbox.company import CompanyConfig, export, generate


def generated(work: Path, size: int, watch: Stopwatch) -> int:
    """The company on disk; rows of its tables."""
    with watch:
        company = generate(work / "company", CompanyConfig(scale=size / 20_000))
    return sum(company.rows.values())


def exported(work: Path, size: int, watch: Stopwatch) -> int:
    """Lived and exported at once, nothing on disk before; records of the files."""
    with watch:
        done = export(CompanyConfig(scale=size / 20_000), work / "files")
    return sum(done.rows.values())


def main(folder: Path, *, small: bool) -> None:
    """Print time, rows and peak memory of each size."""
    sizes = [1_000] if small else [1_000, 20_000, 60_000]
    for case in ("generated", "exported"):
        for size in sizes:
            _print(case, size, folder)


def _print(case: str, size: int, folder: Path) -> None:
    program = (
        f"from benchmarks.sandbox import measured; measured({case!r}, {str(folder)!r}, {size})"
    )
    ended = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    seconds, rows, peak = json.loads(ended.stdout.splitlines()[-1])
    sys.stdout.write(
        f"  {case:<12} {size:>10,} customers  {seconds:8.2f} s  {rows:>12,} rows"
        f"  {rows / seconds:12,.0f} /s  {peak:7,.0f} MB\n"
    )


def measured(case: str, folder: str, size: int) -> None:
    """Run one case in this process, and print its numbers as JSON."""
    work = Path(folder) / f"{case}-{size}"
    work.mkdir()
    watch = Stopwatch()
    rows = {"generated": generated, "exported": exported}[case](work, size, watch)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps([watch.seconds, rows, peak]) + "\n")
