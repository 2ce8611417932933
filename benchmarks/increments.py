"""A day (0.1 % new voices, 0.05 % changed, a few deleted), against the full build, at two sizes.

New voices are of any day, so many are late. The ratio of the two increments says whether an
increment follows the change or the history. Of dbt only its models count, not its start.
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.history import History


def _increments(history: History) -> dict[str, float]:
    """Seconds of each model for a day, the better of two."""
    step, built = history.size // 1000, []
    for first in (history.size, history.size + step):
        changed = first % (7 * step)
        history.load(first, first + step)
        history.load(changed, changed + step // 2)
        history.load(changed + step, changed + step + step // 20, deleted=True)
        built.append(history.build())
    return {model: min(seconds[model] for seconds in built) for model in built[0]}


def main(folder: Path, *, small: bool) -> None:
    """Print full build and increment of each size, and the models that cost most."""
    sizes = (20_000, 100_000) if small else (200_000, 1_000_000)
    increments: list[dict[str, float]] = []
    for size in sizes:
        history = History(folder / f"history-{size}", size)
        history.load(0, size)
        whole = sum(history.build().values())
        increments.append(_increments(history))
        part = sum(increments[-1].values())
        sys.stdout.write(
            f"  {size:>9,} voices: full {whole:6.2f} s, then a day {part:6.2f} s"
            f"  {part / whole:5.2f} x full\n"
        )
    few, many = increments
    for name in sorted(many, key=many.__getitem__, reverse=True)[:14]:
        sys.stdout.write(f"    {name:<24} {few[name]:6.2f} s {many[name]:6.2f} s\n")
