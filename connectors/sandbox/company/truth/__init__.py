"""What is planted, written down while the lives are known; the pipeline never reads it.

    identities.parquet   who is who across systems, and which references can be linked at all
    people.parquet       the people themselves
    everybody.parquet    what each invited person would have answered, whether they did or not
    metrics.parquet      NPS per month and touchpoint: as answered, and as everybody would have
    truth.json           every planted fact with its moments and numbers

`README.md` beside them says how to read them.
"""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import polars as pl

from connectors.sandbox.company.block import Block
from connectors.sandbox.company.plan import Plan
from connectors.sandbox.company.staff import Staff
from connectors.sandbox.company.truth.counts import Tallies
from connectors.sandbox.company.truth.everybody import everybody, people
from connectors.sandbox.company.truth.facts import facts
from connectors.sandbox.company.truth.identities import identities
from connectors.sandbox.company.truth.metrics import metrics
from connectors.sandbox.company.truth.tallies import tallies, total

_README = Path(__file__).parent / "readme.txt"


class Truth:
    """Gathers what each block knows, and writes it at the end; memory does not grow with blocks."""

    def __init__(self, folder: Path, plan: Plan, staff: Staff) -> None:
        """Nothing learnt."""
        self._folder = folder
        self._plan = plan
        self._staff = staff
        self._tallies: Tallies = {}
        self._parts = folder / "parts"
        self._parts.mkdir(parents=True)

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None:
        """Write if all went well."""
        if kind is None:
            self._write()

    def learn(self, block: Block) -> None:
        """Take from a block what the truth needs."""
        known = identities(self._plan, block)
        for name, frame in {
            "identities": known,
            "people": people(block),
            "everybody": everybody(block),
        }.items():
            frame.write_parquet(self._parts / f"{name}-{block.number:05d}.parquet")
        learnt = tallies(self._plan, block, known)
        both = [self._tallies, learnt] if self._tallies else [learnt]
        self._tallies = total(both)

    def _write(self) -> None:
        for name in ("identities", "people", "everybody"):
            parts = pl.scan_parquet(self._parts / f"{name}-*.parquet")
            parts.sink_parquet(self._folder / f"{name}.parquet", maintain_order=True)
        shutil.rmtree(self._parts)
        metrics(self._tallies).write_parquet(self._folder / "metrics.parquet")
        told = _known(facts(self._plan, self._staff, self._tallies))
        text = json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False)
        (self._folder / "truth.json").write_text(text + "\n", "utf-8")
        (self._folder / "README.md").write_text(_README.read_text("utf-8"), "utf-8")


def _known(value: Any) -> Any:  # noqa: ANN401 - whatever JSON can hold
    """With null for what too few lives say nothing about."""
    if isinstance(value, dict):
        return {name: _known(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_known(part) for part in value]
    return None if isinstance(value, float) and math.isnan(value) else value


__all__ = ["Truth"]
