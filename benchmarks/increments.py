"""A day after a history, against the full build, at several sizes.

Two days: one of 0.1 % new voices, 0.05 % changed and a few deleted, the new ones of any date, so
that many are late; and one of 1,000 new voices, 500 changed and 50 deleted, whatever the history
holds, the new ones of one date. The first is told as a share of the full build, the second as a
ratio between the largest size and the smallest: whether an increment follows the change or the
history.

dbt's own share is what the same build costs on an empty warehouse. It does not grow, so it is told
apart and taken off. Seconds are those of models, two of which run at once; processor time is that
of the whole of dbt, start included. Each day is built twice, once with `--small`, and the better
one counts.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from benchmarks.history import History
from benchmarks.measure import Stopwatch

_FEW = 1000
"""Voices of a day of fixed size."""

_DAY = date(2025, 11, 24)


@dataclass(frozen=True)
class _Cost:
    """What a build took: seconds of each model, CPU seconds."""

    models: dict[str, float]
    cpu: float

    @property
    def seconds(self) -> float:
        return sum(self.models.values())


class _Days:
    """Days that follow a history."""

    def __init__(self, history: History, repeats: int) -> None:
        self._history, self._next, self._date = history, history.size, _DAY
        self._repeats = repeats

    def better(self, voices: int, *, on_one_date: bool = False) -> _Cost:
        """Append days and build each: new voices, half as many changed, a twentieth deleted."""
        built = []
        for _ in range(self._repeats):
            first, self._next = self._next, self._next + voices
            self._date += timedelta(days=1)
            changed = first % (7 * voices)
            self._history.load(first, self._next, on=self._date if on_one_date else None)
            self._history.load(changed, changed + voices // 2)
            self._history.load(changed + voices, changed + voices + voices // 20, deleted=True)
            built.append(_built(self._history))
        return min(built, key=lambda cost: cost.cpu)


def _built(history: History) -> _Cost:
    watch = Stopwatch()
    with watch:
        models = history.build()
    return _Cost(models, watch.cpu)


def main(folder: Path, *, small: bool, sizes: list[int] | None = None) -> None:
    """Print what each build took at each size, and the models that cost most at the largest."""
    nothing = _on_nothing(folder)
    _tell("nothing, on nothing: dbt's own share", nothing)
    alike: list[_Cost] = []
    for size in sizes or ((20_000, 100_000) if small else (200_000, 1_000_000)):
        history = History(folder / f"history-{size}", size)
        history.load(0, size)
        whole = _built(history)
        days = _Days(history, 1 if small else 2)
        spread = days.better(size // 1000)
        alike.append(days.better(_FEW, on_one_date=True))
        sys.stdout.write(f"  {size:,} voices\n")
        _tell("full build", whole)
        _tell("a day of 0.1 %, spread", spread)
        _compare("of the full build", spread, whole, nothing)
        _tell(f"a day of {_FEW:,}, one date", alike[-1])
        _tell_models(whole, spread, alike[-1], nothing)
    _compare(
        "the largest history's day of one date to the smallest's", alike[-1], alike[0], nothing
    )


def _on_nothing(folder: Path) -> _Cost:
    empty = History(folder / "empty", 0)
    _built(empty)  # makes the tables that every later build finds
    return _built(empty)


def _tell(what: str, cost: _Cost) -> None:
    sys.stdout.write(f"    {what:<40} models {cost.seconds:8.2f} s   cpu {cost.cpu:8.2f} s\n")


def _compare(what: str, one: _Cost, other: _Cost, nothing: _Cost) -> None:
    with_dbt = one.cpu / other.cpu
    seconds = (one.seconds - nothing.seconds) / (other.seconds - nothing.seconds)
    cpu = (one.cpu - nothing.cpu) / (other.cpu - nothing.cpu)
    sys.stdout.write(
        f"    {what}: without dbt's own share {seconds:.3f} x in models, {cpu:.3f} x of cpu;"
        f" with it {with_dbt:.3f} x of cpu\n"
    )


def _tell_models(whole: _Cost, spread: _Cost, alike: _Cost, nothing: _Cost) -> None:
    """Seconds of those models that cost most above what they cost on nothing."""
    above = {name: cost - nothing.models[name] for name, cost in spread.models.items()}
    for name in sorted(above, key=above.__getitem__, reverse=True)[:14]:
        told = (cost.models[name] for cost in (whole, spread, alike, nothing))
        full, a_day, few, none = (f"{seconds:7.2f} s" for seconds in told)
        sys.stdout.write(
            f"      {name:<24} full {full}, spread {a_day}, one date {few}, on nothing {none}\n"
        )
