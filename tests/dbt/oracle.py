"""What published numbers should be, row by row: every cell, its value and its interval."""

from __future__ import annotations

import math
import warnings
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import yaml
from scipy import stats
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.proportion import proportion_confint
from warehouse import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Estimate = tuple[float, float, float, float]

PLACES = ("source", "touchpoint", "segment", "stage", "channel", "account_id")
CELL = ["metric", "method_version", "period_grain", "period_start", *PLACES]
GRAINS = {"week": "1w", "month": "1mo", "quarter": "1q"}
Z = stats.norm.ppf(0.975)


def cuts() -> set[tuple[str, frozenset[str]]]:
    """Every grain and combination of places that the project publishes."""
    stated = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["vars"]["metric_cuts"]
    return {
        (grain, frozenset(places))
        for cut in stated
        for grain in cut.get("grains", [*GRAINS, "all"])
        for size in range(len(cut["by"]) + 1)
        for places in combinations(cut["by"], size)
    }


def locate(cell: dict[str, Any]) -> tuple[Any, ...]:
    """What two cells of different rows have in common; all time begins with the first of each."""
    start = None if cell["period_grain"] == "all" else cell["period_start"]
    return cell["period_grain"], start, *(cell[name] for name in PLACES)


def cells(
    rows: pl.DataFrame, at: str, *keys: str, by: tuple[str, ...] = PLACES
) -> Iterator[tuple[dict[str, Any], pl.DataFrame]]:
    """Every published cell within some places and each of `keys`, and its rows."""
    rows = rows.with_columns(
        **{grain: pl.col(at).dt.truncate(every).dt.date() for grain, every in GRAINS.items()}
    )
    if "account_id" in by:
        rows = rows.with_columns(pl.col("account_id").cast(pl.String).fill_null("unknown"))
    for grain, places in cuts():
        if not places <= set(by):
            continue
        names = [*keys, *([grain] if grain in GRAINS else []), *places]
        for values, found in rows.group_by(names) if names else [((), rows)]:
            cell = dict(zip(names, values, strict=True))
            start = cell.pop(grain, None) or found[at].min().date()  # type: ignore[union-attr]
            totals = dict.fromkeys(PLACES, "all")
            yield {**totals, **cell, "period_grain": grain, "period_start": start}, found


def clusters(rows: pl.DataFrame) -> pl.Series:
    """Whose a row is; each one of nobody known is somebody else's."""
    return rows.select(
        pl.coalesce(pl.col("customer_id"), -1 - pl.int_range(pl.len(), dtype=pl.Int64))
    ).to_series()


def design_effect(x: Numbers, who: pl.Series) -> float:
    """Cluster-robust variance of the mean, as statsmodels has it, over that of independent ones."""
    n, customers = len(x), who.n_unique()
    if customers == n:
        return 1.0
    alike = float((who.value_counts()["count"].cast(pl.Float64) ** 2).sum()) / n
    if customers == 1 or np.ptp(x) == 0:
        return alike
    fitted = OLS(x, np.ones(n)).fit(
        cov_type="cluster", cov_kwds={"groups": who.rank("dense").to_numpy()}
    )
    return float(fitted.bse[0] ** 2 / (np.var(x, ddof=1) / n))


def estimate(
    statistic: str, x: Numbers, who: pl.Series, scale: tuple[float, float]
) -> Estimate | None:
    """Value, both ends of its 95 % interval, design effect; None where there is no interval."""
    n, customers, effect = len(x), who.n_unique(), design_effect(x, who)
    value = float(x.mean())
    if statistic == "mean":
        df = customers - 1
        if df == 0 or np.ptp(x) == 0:
            return None
        half = stats.t.ppf(0.975, df) * math.sqrt(max(1, effect)) * stats.sem(x)
        low, high = scale
        return value, max(low, value - half), min(high, value + half), effect
    alone = n / max(1, effect)
    if customers < n:
        # Korn and Graubard, and never less than an answer of each customer
        worst = n**2 / float((who.value_counts()["count"].cast(pl.Float64) ** 2).sum())
        few = (Z / stats.t.ppf(0.975, customers - 1)) ** 2 if customers > 1 else 0
        alone = max(alone * few, worst)
    if statistic == "share":
        low, high = proportion_confint(value * alone, alone, method="wilson")
        return 100 * value, 100 * low, 100 * high, effect
    return (100 * value, *adjusted_wald(value, float((x**2).mean()), alone), effect)


def adjusted_wald(value: float, square: float, n: float) -> tuple[float, float]:
    """An NPS' interval (Agresti and Coull's idea for a difference): n + 3, 3/4 each way."""
    centre = value * n / (n + 3)
    spread = (square * n + 1.5) / (n + 3) - centre**2
    half = Z * math.sqrt(spread / (n + 3))
    low, high = min(value, centre - half), max(value, centre + half)
    return max(-100, 100 * low), min(100, 100 * high)


def estimates(
    statistic: str,
    rows: pl.DataFrame,
    at: str,
    *keys: str,
    x: str = "x",
    scale: tuple[float, float] = (-math.inf, math.inf),
) -> pl.DataFrame:
    """One row per published cell of `rows`: n, customers, value, low, high and design effect."""
    found = []
    with warnings.catch_warnings():
        # a covariance of two clusters is of full rank here, whatever statsmodels fears
        warnings.simplefilter("ignore")
        for cell, held in cells(rows, at, *keys):
            who = clusters(held)
            value = estimate(statistic, held[x].cast(pl.Float64).to_numpy(), who, scale)
            names = ("value", "low", "high", "design_effect")
            told = dict(zip(names, value or (None,) * 4, strict=True))
            found.append({**cell, "n": held.height, "customers": who.n_unique(), **told})
    return pl.DataFrame(found, infer_schema_length=None)
