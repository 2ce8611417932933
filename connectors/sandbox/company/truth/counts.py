"""What tallies and facts share: things to count, and what becomes of the counts."""

from __future__ import annotations

from typing import Any

import polars as pl

from connectors.sandbox.company.plan import moment

Tallies = dict[str, pl.DataFrame]
Fact = dict[str, Any]


def nps(prefix: str = "") -> dict[str, pl.Expr]:
    """Columns that sum up to a score."""
    return {
        f"{prefix}promoters": (pl.col("nps") >= 9).cast(pl.Int64),
        f"{prefix}detractors": (pl.col("nps") <= 6).cast(pl.Int64),
        f"{prefix}total": pl.col("nps"),
    }


def thousandths() -> pl.Expr:
    """What they felt, whole: sums must not depend on their order."""
    return (pl.col("said") * 1000).round().cast(pl.Int64)


def one() -> pl.Expr:
    """A row, to be counted."""
    return pl.lit(1, dtype=pl.Int64)


def rates(frame: pl.DataFrame) -> pl.DataFrame:
    """With `nps` and, where it was summed, the mean of what they felt."""
    score = 100 * (pl.col("promoters") - pl.col("detractors")) / pl.col("n").replace(0, None)
    frame = frame.with_columns(nps=score.round(2))
    return (
        frame.with_columns(mean=(pl.col("said") / pl.col("n") / 1000).round(3))
        if "said" in frame.columns
        else frame
    )


def iso(at: int) -> str:
    """Seconds since 1970 as ISO 8601."""
    return moment(at).isoformat() + "Z"
