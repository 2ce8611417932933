"""Which rows of `metrics` are totals: the one place that knows the table's dimensions."""

from __future__ import annotations

from collections.abc import Iterable

from orchestration.warehouse.sql import literal, literals

_DIMENSIONS = ("source", "touchpoint", "segment", "stage", "channel", "account_id")
"""Columns that read `all` in a total; a published file may have only some of them."""


def totals(columns: set[str], grains: Iterable[str], by: Iterable[str] = ()) -> str:
    """The condition for the rows of some period grains that are totals but for `by`.

    Args:
        columns: The columns that `metrics` has in this file.
        grains: `month`, `all`, ...: each has rows of its own, and they cannot be added up.
        by: Dimensions that may have any value.
    """
    fixed = [name for name in _DIMENSIONS if name in columns and name not in set(by)]
    conditions = [f"{name} = {literal('all')}" for name in fixed]
    return " and ".join([f"period_grain in ({literals(grains)})", *conditions])
