"""How often a season is called a rise, and how soon a rise is seen: the rule of `theme_trends`.

The rule is the model's (dbt_project/models/marts/theme_trends.sql), on dice: one theme of 48 themes
and tones peaks each December, or rises; the others stay at 5 %.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.stats import norm  # type: ignore[import-untyped]
from statsmodels.stats.multitest import multipletests  # type: ignore[import-untyped]
from statsmodels.stats.proportion import proportion_confint  # type: ignore[import-untyped]

_THEMES = 48
_USUAL = 0.05
_MONTHS = 15
"""The three looked at and the twelve before, of which the first three are a year before these."""

Counts = np.ndarray
Rule = Mapping[str, np.ndarray]


class _Share(NamedTuple):
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray


def main(folder: Path, *, small: bool) -> None:
    """Print how many of the dice's companies call it a rise."""
    del folder
    dice = np.random.default_rng(7)
    companies = 200 if small else 10_000
    calendar = np.arange(12 * 4)
    season = np.where(calendar % 12 == 11, 0.15, _USUAL)  # noqa: PLR2004 - December
    found = _called(dice, season, (35, 36, 37), 300, companies)
    _say("peak from 5 to 15 % each December, 300 writers, in one of its three months", found)
    rise = np.where(calendar >= 30, 0.06, 0.02)  # noqa: PLR2004 - when it begins
    for month in (1, 2, 3, 8):
        found = _called(dice, rise, tuple(range(30, 30 + month)), 100, companies)
        _say(f"rise from 2 to 6 %, 100 writers, by its month {month}", found)


def _called(
    dice: np.random.Generator,
    share: np.ndarray,
    months: tuple[int, ...],
    writers: int,
    companies: int,
) -> dict[str, float]:
    """Share of companies in which the theme is called rising in one of the months, by rule."""
    hits = dice.binomial(writers, share, (companies, len(share)))
    ever: dict[str, np.ndarray] = {}
    for month in months:
        others = dice.binomial(writers, _USUAL, (companies, _THEMES - 1, _MONTHS))
        theme = hits[:, None, month - _MONTHS + 1 : month + 1]
        for rule, is_up in _is_up(np.concatenate([theme, others], axis=1), writers).items():
            ever[rule] = ever.get(rule, np.zeros(companies, bool)) | is_up
    return {rule: float(is_up.mean()) for rule, is_up in ever.items()}


def _is_up(hits: Counts, writers: int) -> Rule:
    """Whether the first theme of each company rises in the last month, by rule."""
    later = _share(hits[..., -3:], writers)
    change, low, high = _difference(later, _share(hits[..., :-3], writers))
    half = np.where(change > 0, change - low, high - change)
    chances = 2 * norm.sf(np.abs(change) / half * norm.ppf(0.975))
    passes = np.array([multipletests(row, 0.05, "fdr_bh")[0][0] for row in chances])
    year_change, year_low, _ = _difference(later, _share(hits[..., :3], writers))
    up = passes & (change[:, 0] > 0)
    one_sided = year_change - (year_change - year_low) * norm.ppf(0.95) / norm.ppf(0.975)
    return {
        "against the months before alone": up,
        "and a one-sided interval on the year before": up & (one_sided[:, 0] > 0),
        "and an interval on the year before": up & (year_low[:, 0] > 0),
    }


def _share(hits: Counts, writers: int) -> _Share:
    n = writers * hits.shape[-1]
    of_all = hits.sum(axis=-1)
    low, high = proportion_confint(of_all, n, method="wilson")
    return _Share(of_all / n, low, high)


def _difference(later: _Share, earlier: _Share) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Newcombe's interval of a difference of shares."""
    change = later.value - earlier.value
    down = np.hypot(later.value - later.low, earlier.high - earlier.value)
    up = np.hypot(later.high - later.value, earlier.value - earlier.low)
    return change, change - down, change + up


def _say(what: str, found: dict[str, float]) -> None:
    sys.stdout.write(f"  {what}: called a rise\n")
    for rule, share in found.items():
        sys.stdout.write(f"    {share:6.1%}  {rule}\n")
    sys.stdout.flush()
