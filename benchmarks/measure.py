"""Runs cases in processes of their own and prints medians, ratios and peak memory."""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Result:
    """One run of a case: seconds of the measured part, peak MB of its process.

    `cpu` counts the seconds of a processor that our own process used, and those that it started
    and waited for: on a machine that others use too it says more than the clock.
    """

    seconds: float
    cpu: float
    peak_mb: float


class Stopwatch:
    """Times the part of a case that counts; the rest is preparation."""

    def __init__(self) -> None:
        """Not started."""
        self.seconds = 0.0
        self.cpu = 0.0

    def __enter__(self) -> None:
        """Start."""
        self._began = time.perf_counter()
        self._used = _cpu()

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.seconds += time.perf_counter() - self._began
        self.cpu += _cpu() - self._used


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


Case = Callable[[Path, int, Stopwatch], None]
"""A case gets a folder of its own, the size, and the watch."""


def compare(module: str, cases: list[str], folder: Path, size: int, repeats: int = 3) -> None:
    """Run cases in turn, the first is the floor; print each with its ratio to the floor.

    Ratios are by the clock and by the processor, each the median of the ratios of each turn: a
    machine that is shared drifts, and one turn's runs drift together.
    """
    results: dict[str, list[Result]] = {case: [] for case in cases}
    for _ in range(repeats):
        for case in cases:
            results[case].append(run(module, case, folder, size))
    floor = results[cases[0]]
    for case in cases:
        pairs = list(zip(results[case], floor, strict=True))
        seconds = statistics.median(r.seconds for r in results[case])
        cpu = statistics.median(r.cpu for r in results[case])
        by_clock = statistics.median(r.seconds / f.seconds for r, f in pairs)
        by_cpu = statistics.median(r.cpu / max(f.cpu, 0.001) for r, f in pairs)
        peak = max(r.peak_mb for r in results[case])
        sys.stdout.write(
            f"  {case:<30} {seconds:8.3f} s {by_clock:6.2f} x floor {size / seconds:11,.0f} /s"
            f"   cpu {cpu:8.3f} s {by_cpu:6.2f} x {size / max(cpu, 0.001):11,.0f} /s"
            f" {peak:7,.0f} MB\n"
        )


def run(module: str, case: str, folder: Path, size: int) -> Result:
    """Run one case in a process of its own; RuntimeError with what it said if it fails."""
    ended = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-m", "benchmarks.measure", module, case, str(folder), str(size)],
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise RuntimeError(f"{module}.{case} failed:\n{ended.stderr}")
    return Result(**json.loads(ended.stdout.splitlines()[-1]))


def main() -> None:
    """Run one case in this process, and print its result as JSON."""
    module, case, folder, size = sys.argv[1:]
    work = Path(folder) / f"{case}-{time.monotonic_ns()}"
    work.mkdir()
    watch = Stopwatch()
    cases = __import__(f"benchmarks.{module}", fromlist=[case])
    getattr(cases, case)(work, int(size), watch)
    usages = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    peak = max(resource.getrusage(usage).ru_maxrss for usage in usages) / 1024
    sys.stdout.write(
        json.dumps({"seconds": watch.seconds, "cpu": watch.cpu, "peak_mb": peak}) + "\n"
    )


if __name__ == "__main__":
    main()
