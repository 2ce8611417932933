"""Frames in the shape that the systems are promised."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from connectors.sandbox.company.ids import Ints
from connectors.sandbox.systems import SYSTEMS

Tables = dict[str, pl.DataFrame]


def table(name: str, columns: pl.DataFrame | dict[str, Any], end: int) -> pl.DataFrame:
    """The columns as that system's table, without what would happen after `end`.

    Columns that are not given are null. Times may be datetimes or whole seconds since 1970.
    """
    schema = SYSTEMS[name]
    given = columns if isinstance(columns, pl.DataFrame) else pl.DataFrame(columns)
    frame = given.select(name for name in given.columns if name in schema)
    made = []
    for column, kind in schema.items():
        if column not in frame.columns:
            made.append(pl.lit(None, dtype=kind).alias(column))
        elif kind == pl.Datetime("us") and frame.schema[column].is_integer():
            made.append((pl.col(column) * 1_000_000).cast(kind))
        else:
            made.append(pl.col(column).cast(kind))
    frame = frame.select(made) if len(frame.columns) else pl.DataFrame(schema=schema)
    return frame.filter(pl.col("at") < pl.from_epoch(pl.lit(end), time_unit="s"))


def times(at: Ints) -> pl.Series:
    """Seconds since 1970 as times."""
    return pl.Series(at * 1_000_000).cast(pl.Datetime("us"))


def texts(choices: tuple[str, ...] | list[str], which: Ints) -> pl.Series:
    """The chosen texts; null where the choice is negative."""
    series = pl.Series(choices, dtype=pl.String)
    if not len(which):
        return series.head(0)
    picked = series.gather(np.maximum(which, 0))
    return picked.set(pl.Series(which < 0), None) if (which < 0).any() else picked


def join(tables: list[Tables]) -> Tables:
    """Tables of one name below each other."""
    names = sorted({name for group in tables for name in group})
    return {name: pl.concat([g[name] for g in tables if name in g]) for name in names}
