"""What an order brings: late or in time, whole or broken, the right tea, a bill that is right."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.random import Generator

from connectors.sandbox.company.ids import Ints
from connectors.sandbox.company.plan import (
    APP,
    BILLING,
    CARRIER_COUNTRIES,
    CHANGED_TEA,
    DAMAGED,
    DAY,
    EFFECTS,
    HOUR,
    LATE,
    NONE,
    SEASON_FACTOR,
    SEASON_MONTH,
    TASTE,
    WRONG,
    Plan,
)

Parcel = dict[str, Any]
# shares of parcels that come late, by country, before there was a second carrier
LATE_SHARE = np.array([0.17, 0.11, 0.13, 0.14, 0.16, 0.16, 0.13, 0.12])
CARRIER_FACTOR = 0.35


def receive(plan: Plan, rng: Generator, person: dict[str, Any], rows: Ints, at: Ints) -> Parcel:
    """What happens to the orders made at `at`: flags, moments, and the `effect` in points."""
    count = len(rows)
    country = person["country"][rows]
    tea = np.where(rng.random(count) < 0.8, person["tea"][rows], rng.integers(0, 12, count))
    late = rng.random(count) < late_chance(plan, country, at)
    days = np.where(late, 6 + rng.gamma(2.2, 1.6, count), 1.4 + rng.gamma(2.0, 0.7, count))
    delivered = at // DAY * DAY + days.astype(np.int64) * DAY
    delivered += (rng.normal(13.0, 2.4, count).clip(8, 20) * HOUR).astype(np.int64)
    delivered = np.maximum(delivered, at + 14 * HOUR)
    thin = (tea == CHANGED_TEA) & (at >= plan.tea_change)
    business = person["segment"][rows] >= 2
    flags = {
        "late": late,
        "damaged": rng.random(count) < 0.022,
        "wrong": rng.random(count) < 0.016,
        "taste": rng.random(count) < np.where(thin, 0.34, 0.012),
        "billing": rng.random(count) < np.where(business, 0.075, 0.034),
        "app": rng.random(count) < 0.03,
        "sample": rng.random(count) < 0.12,
    }
    effect = sum(flags[name] * EFFECTS[name] for name in flags)
    return {
        **flags,
        "theme": _main(flags),
        "delivered": delivered,
        "days": (delivered - at) // DAY,
        "effect": effect,
        "quantity": rng.choice([1, 2, 3, 6], count, p=[0.62, 0.24, 0.1, 0.04]) * (1 + 4 * business),
        "tea": tea,
    }


def late_chance(plan: Plan, country: Ints, at: Ints) -> np.ndarray[Any, Any]:
    """The chance of a late parcel, by season and carrier."""
    chance = LATE_SHARE[country]
    second = (at >= plan.carrier) & np.isin(country, CARRIER_COUNTRIES)
    chance = np.where(second, chance * CARRIER_FACTOR, chance)
    month = at.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64) % 12 + 1
    return np.where(month == SEASON_MONTH, np.minimum(chance * SEASON_FACTOR, 0.6), chance)


def _main(flags: dict[str, Any]) -> Ints:
    """What one would write about: the worst of what happened."""
    order = [("billing", BILLING), ("damaged", DAMAGED), ("wrong", WRONG)]
    order += [("late", LATE), ("taste", TASTE), ("app", APP)]
    return np.select([flags[name] for name, _ in order], [theme for _, theme in order], NONE)
