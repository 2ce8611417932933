"""NPS by month and touchpoint: what was answered, and what everybody would have answered."""

from __future__ import annotations

import polars as pl

from connectors.sandbox.company.truth.counts import Tallies

_Z = 1.959964


def metrics(tallies: Tallies) -> pl.DataFrame:
    """One row per month and touchpoint, and per month with touchpoint `all`.

    `month` is that of the recorded answer (of the sending, for what everybody would have said);
    `nps` with `low` and `high`, the adjusted Wald interval of what was answered, `n` answers and
    `n_finished` of finished responses, deleted ones left out; `true_nps` and `true_mean` of all
    `asked` whom the survey reached.
    """
    answered = _with_total(tallies["answered"])
    asked = _with_total(tallies["asked"])
    frame = answered.join(asked, on=["month", "touchpoint"], how="full", coalesce=True)
    counts = ["n", "n_finished", "promoters", "detractors", "total", "asked"]
    frame = frame.with_columns(pl.col(counts).fill_null(0))
    n, more, less = (pl.col(name) for name in ("n", "promoters", "detractors"))
    score, shrunk = (more - less) / n, (more - less) / (n + 3.0)
    half = _Z * (((more + less + 1.5) / (n + 3.0) - shrunk.pow(2)) / (n + 3.0)).sqrt()
    everybody = pl.col("asked")
    return frame.select(
        "month", "touchpoint", "n", "n_finished", "promoters", "detractors",
        nps=100 * score,
        low=(100 * pl.min_horizontal(score, shrunk - half)).clip(-100, 100),
        high=(100 * pl.max_horizontal(score, shrunk + half)).clip(-100, 100),
        mean=pl.col("total") / n,
        asked=everybody,
        true_nps=100 * (pl.col("true_promoters") - pl.col("true_detractors")) / everybody,
        true_mean=pl.col("true_total") / everybody,
    ).with_columns(
        pl.when(n > 0).then(name).alias(name) for name in ("nps", "low", "high", "mean")
    ).sort("month", "touchpoint")  # fmt: skip


def _with_total(frame: pl.DataFrame) -> pl.DataFrame:
    whole = frame.group_by("month").agg(pl.exclude("touchpoint").sum())
    whole = whole.with_columns(touchpoint=pl.lit("all")).select(frame.columns)
    return pl.concat([frame, whole])
