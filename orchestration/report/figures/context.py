"""What figures are made for: a file, a configuration, some metrics at some touchpoints."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from orchestration.report.config import Config, Words
from orchestration.report.facts import Facts
from orchestration.warehouse.sql import literal, literals


@dataclass(frozen=True)
class Context:
    """Whose figures are wanted."""

    facts: Facts
    config: Config
    metrics: tuple[str, ...]
    """The chief one first."""
    touchpoints: tuple[str, ...] = ()
    """Only these; all if empty."""

    @property
    def chief(self) -> str:
        """The metric that figures of one metric are about."""
        return self.metrics[0] if self.metrics else self.config.score

    def words(self, metric: str) -> Words:
        """How a metric is spoken of."""
        return self.config.words(metric)

    def at(self, column: str = "touchpoint", *, whole: bool = False) -> str:
        """The condition that keeps to these touchpoints; `whole` keeps the total too."""
        if not self.touchpoints:
            return "true"
        names = [*self.touchpoints, *(["all"] if whole else [])]
        return f"{column} in ({literals(names)})"

    def measured(self, metrics: tuple[str, ...] | None = None) -> list[tuple[str, str]]:
        """Metric and method version of all that was measured in the last twelve months."""
        wanted = self.metrics if metrics is None else metrics
        return [(m, version) for m in wanted for version in self.facts.versions.get(m, ())]

    def definitions(self, metrics: Sequence[str]) -> dict[str, str]:
        """What metrics are, by their names."""
        return {self.words(metric).label: self.words(metric).definition for metric in metrics}

    def is_measure(self, metric: str, version: str) -> str:
        """The condition for one method version of a metric: others must not be mixed with it."""
        return f"metric = {literal(metric)} and method_version = {literal(version)}"

    def label(self, metric: str, version: str) -> str:
        """A metric's name; with its method version where another one is told beside it."""
        words = self.words(metric)
        several = len(self.facts.versions.get(metric, ())) > 1
        how = words.versions.get(version) or spoken(version.removeprefix(f"{metric} "))
        return f"{words.label}, {how}" if several else words.label


DASH = "\u2013"
"""Stands between the ends of a scale; a hyphen would be read as a minus."""
_TOP_BOX = re.compile(r"([\d.]+)-([\d.]+) top ([\d.]+)( reversed)?")


def spoken(version: str) -> str:
    """A method version as it is read: which answers of which scale count, and since when."""

    def boxes(found: re.Match[str]) -> str:
        low, high, top, is_reversed = found.groups()
        first, last = (low, top) if is_reversed else (top, high)
        return f"{first if first == last else f'{first}{DASH}{last}'} of {low}{DASH}{high}"

    return _TOP_BOX.sub(boxes, version)
