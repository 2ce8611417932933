"""Records as rows of versions: what changes at each step, filled up with what stays."""

from __future__ import annotations

import numpy as np
import polars as pl

from connectors.sandbox.company.ids import Ints


def versions(steps: list[pl.DataFrame], key: str, once: tuple[str, ...] = ()) -> pl.DataFrame:
    """All steps of all records in the order of their `at`, each with the whole record.

    A step has `key`, `at` and the columns that it changes; a column that it lacks, or where it
    has null, stays as it was, unless it is of those said `once`. Steps of one record that fall on
    the same moment move to the next one, in the order of `steps`: `at` strictly increases within
    a record.
    """
    numbered = [s.with_columns(ord=pl.lit(n, dtype=pl.Int64)) for n, s in enumerate(steps)]
    frame = pl.concat(numbered, how="diagonal").sort(key, "at", "ord")
    frame = frame.with_columns(at=pl.Series(_rising(frame[key], frame["at"])))
    stays = [name for name in frame.columns if name not in {key, "at", "ord", *once}]
    return frame.with_columns(pl.col(stays).forward_fill().over(key))


def _rising(key: pl.Series, at: pl.Series) -> Ints:
    """Moments moved up so that they rise by at least 1 within each key; both sorted."""
    start = key.to_physical().rank("dense").to_numpy().astype(np.int64)
    moment = at.to_numpy() - np.arange(len(at))
    # a group's running maximum, by lifting every group above all those before it
    if not len(at):
        return at.to_numpy()
    lift = start * (moment.max() - moment.min() + 1)
    return np.asarray(np.maximum.accumulate(moment + lift) - lift + np.arange(len(at)))
