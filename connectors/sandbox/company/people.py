"""Who becomes a customer of the house: people, their addresses, households and workplaces."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.random import Generator
from numpy.typing import NDArray

from connectors.sandbox.company import contacts
from connectors.sandbox.company.config import BLOCK
from connectors.sandbox.company.ids import Ints, checked
from connectors.sandbox.company.plan import (
    COUNTRIES,
    COUNTRY_SHARES,
    DAY,
    HOUR,
    LANGUAGE_OF,
    LANGUAGES,
    TEAS,
    Plan,
)
from connectors.sandbox.company.words import names

BUSINESS_SHARE = 0.13
FAMILY_SHARE = 0.02
KNOWN_BEFORE = 0.35
GUESTS = 0.07


def people(plan: Plan, rng: Generator, block: int) -> pl.DataFrame:
    """One row per person of a block.

    `row` is their place in the block, `person` their number in the company, `signup` seconds
    since 1970 (before the company's start for those known before), `account` and `family` the
    number of a group, or -1. Times are whole seconds; `mood` is the level, on the scale of 0 to
    10, that they return to.
    """
    count = plan.config.size(block)
    person = np.arange(count, dtype=np.int64) + (block - 1) * BLOCK
    account, member = _groups(rng, count, BUSINESS_SHARE, (2, 9))
    family, child = _groups(rng, count, FAMILY_SHARE, (4, 6))
    # no household is torn apart by somebody's workplace
    torn = np.unique(account[(family >= 0) & (account >= 0)])
    account[np.isin(account, torn)] = -1
    # groups live in one country and come together
    leader = np.where(account >= 0, _first_of(account), np.arange(count))
    leader = np.where(family >= 0, _first_of(family), leader)
    country = rng.choice(len(COUNTRIES), count, p=COUNTRY_SHARES)[leader]
    signup = _signups(plan, rng, count)[leader] + rng.integers(0, 3 * DAY, count)
    frame = pl.DataFrame(
        {
            "row": np.arange(count),
            "person": person,
            "number": checked(1_000_000 + person),
            "country": country,
            "language": LANGUAGE_OF[country],
            "segment": _segments(rng, account),
            "signup": np.where(signup < plan.start, signup, np.minimum(signup, plan.end - DAY)),
            "account": np.where(account >= 0, account + (block - 1) * BLOCK, -1),
            "member": np.where(account >= 0, member, -1),
            "family": family,
            "child": np.where(family >= 0, child, -1),
            **_tastes(rng, count, country),
        }
    )
    frame = frame.with_columns(guest=pl.col("guest") & (pl.col("family") < 0))
    frame = _named(rng, frame)
    return contacts.addresses(rng, frame)


def _tastes(rng: Generator, count: int, country: Ints) -> dict[str, Any]:
    # customers of different countries are not equally generous with points
    habit = np.array([-0.25, 0.1, -0.3, 0.35, -0.1, -0.2, 0.2, -0.15])[country]
    return {
        "mood": np.clip(rng.normal(8.45, 1.15, count) + habit, 3.0, 10.5),
        "interval": rng.choice([21, 28, 30, 42, 60], count, p=[0.1, 0.3, 0.3, 0.2, 0.1]),
        "tea": rng.choice(len(TEAS), count, p=_popularity()),
        "app": rng.random(count) < 0.55,
        "guest": rng.random(count) < GUESTS,
        "never": rng.random(count) < 0.07,
        "talks": rng.choice(3, count, p=[0.62, 0.26, 0.12]),  # prefers e-mail, chat, the phone
    }


def _popularity() -> NDArray[np.float64]:
    weights = 1 / (np.arange(len(TEAS)) + 3.0)
    return np.asarray(weights / weights.sum())


def _groups(rng: Generator, count: int, share: float, sizes: tuple[int, int]) -> tuple[Ints, Ints]:
    """Neighbours in groups: number of the group and place in it; -1 for all others."""
    group = np.full(count, -1, dtype=np.int64)
    place = np.zeros(count, dtype=np.int64)
    many = max(1, int(count * share / ((sizes[0] + sizes[1] - 1) / 2)))
    if count < sizes[1] * 2:
        return group, place
    size = rng.integers(*sizes, many)
    # each group starts in a stretch of its own, so that none overlaps
    stretch = count // many
    start = np.arange(many) * stretch + rng.integers(0, max(1, stretch - sizes[1]), many)
    for offset in range(sizes[1] - 1):
        inside = (size > offset) & (start + offset < count)
        group[start[inside] + offset] = np.flatnonzero(inside)
        place[start[inside] + offset] = offset
    return group, place


def _first_of(group: Ints) -> Ints:
    """For each member of a group the row of its first member."""
    known, first, which = np.unique(group, return_index=True, return_inverse=True)
    del known
    return np.asarray(first[which])


def _signups(plan: Plan, rng: Generator, count: int) -> Ints:
    before = rng.random(count) < KNOWN_BEFORE
    old = plan.start - rng.integers(DAY, 540 * DAY, count)
    new = plan.start + (rng.random(count) ** 0.9 * (plan.end - plan.start - 2 * DAY)).astype(int)
    new = new // DAY * DAY + (rng.normal(14.5, 4.0, count).clip(0, 23.9) * HOUR).astype(int)
    return np.where(before, old, new)


def _segments(rng: Generator, account: Ints) -> Ints:
    single = rng.choice(2, len(account), p=[0.4, 0.6])
    office = 2 + (account % 3 == 0)
    return np.where(account >= 0, office, single).astype(np.int64)


def _named(rng: Generator, frame: pl.DataFrame) -> pl.DataFrame:
    """First and family name of one's language, city; families share theirs."""
    language = frame["language"].to_numpy()
    columns = {}
    for part in ("first", "last", "city"):
        pool, start, size = names.pools(part, LANGUAGES)
        pick = (rng.random(len(frame)) * size[language]).astype(np.int64) + start[language]
        if part != "first":
            family = frame["family"].to_numpy()
            pick = np.where(family >= 0, pick[_first_of(family)], pick)
        columns[part] = pool.gather(pick)
    return frame.with_columns(**columns)
