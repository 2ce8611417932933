"""Modules that a later step of this process needs, imported while an earlier one waits.

Reading waits for vendors, and modelling for a dbt of its own; both leave a processor idle, on which
the seconds that Great Expectations and the charts take to come up cost nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Self

from dagster import DagsterEvent, DagsterEventType

_LANDING = "landing"
_MODELS = "models"


class Ahead:
    """Watches the events of a run in this process, and prepares what will follow from them."""

    def __init__(self) -> None:
        """Nothing is imported yet."""
        self._aside = ThreadPoolExecutor(1, thread_name_prefix="ahead")
        self._begun: set[Callable[[], None]] = set()

    def see(self, event: DagsterEvent) -> None:
        """Prepare the gates once anything landed, and the charts once models are built."""
        if _has_landed(event):
            self._begin(_gates)
        elif event.event_type is DagsterEventType.STEP_START and event.step_key == _MODELS:
            self._begin(_charts)

    def __enter__(self) -> Self:
        """Begin to watch."""
        return self

    def __exit__(self, *_: object) -> None:
        """Wait for what was begun."""
        self._aside.shutdown()

    def _begin(self, prepare: Callable[[], None]) -> None:
        if prepare not in self._begun:
            self._begun.add(prepare)
            # what fails here fails again in the step that needs it, which says so
            self._aside.submit(prepare)


def _has_landed(event: DagsterEvent) -> bool:
    if event.event_type is not DagsterEventType.ASSET_MATERIALIZATION:
        return False
    made = event.step_materialization_data.materialization
    return made.asset_key.path[0] == _LANDING and bool(made.metadata["dagster/row_count"].value)


def _gates() -> None:
    from orchestration.checks import validation  # noqa: F401, PLC0415


def _charts() -> None:
    from orchestration.report import site  # noqa: F401, PLC0415
    from orchestration.report.drawings import svg  # noqa: PLC0415

    svg.begin()
