"""What a company is made from: seed, first day, months, scale; and what is refused."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Self

import msgspec

from connectors.errors import FixConfiguration

CUSTOMERS_AT_SCALE_ONE = 20_000
BLOCK = 10_000
"""Customers that live in one block, with dice of their own."""
MOST_SCALE = 1_000.0
LAST_YEAR = 2200


class CompanyConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Seed, first moment (naive UTC, start of a day), months, and scale (1 = 20,000 customers).

    Raises:
        FixConfiguration: No such company can live.
    """

    seed: int = 7
    start: datetime = datetime(2023, 11, 1)  # noqa: DTZ001 - naive UTC, as everywhere here
    months: int = 36
    scale: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what cannot be lived."""
        if self.seed < 0:
            raise FixConfiguration(
                "SANDBOX-SEED", "sandbox.seed", "a seed is a whole number from 0", "Give one."
            )
        _check_dates(self.start, self.months)
        if not math.isfinite(self.scale) or self.scale <= 0 or self.scale > MOST_SCALE:
            raise FixConfiguration(
                "SANDBOX-SCALE",
                "sandbox.scale",
                f"a scale lies above 0 and not above {MOST_SCALE:g}; 1 is 20,000 customers",
                "Give 0.05 for a demo, 1 for tests of size.",
            )
        if self.customers < 1:
            raise FixConfiguration(
                "SANDBOX-SCALE",
                "sandbox.scale",
                "this scale leaves the company without a single customer",
                "Give 0.001 or more.",
            )

    @classmethod
    def between(cls, start: datetime, end: datetime, *, seed: int = 7, scale: float = 1.0) -> Self:
        """The company of the whole months from `start` until `end` (exclusive).

        Raises:
            FixConfiguration: There is no whole month between them.
        """
        months = (end.year - start.year) * 12 + end.month - start.month
        if end.day < start.day:
            months -= 1
        return cls(seed=seed, start=start, months=months, scale=scale)

    @property
    def end(self) -> datetime:
        """The first moment that the company does not live any more."""
        return month_after(self.start, self.months)

    @property
    def customers(self) -> int:
        """How many people ever become known."""
        return round(CUSTOMERS_AT_SCALE_ONE * self.scale)

    @property
    def blocks(self) -> int:
        """How many blocks of customers there are; block 0, the house itself, is not counted."""
        return -(-self.customers // BLOCK)

    def size(self, block: int) -> int:
        """Customers of a block, counted from 1."""
        return min(BLOCK, self.customers - (block - 1) * BLOCK)


def month_after(start: datetime, months: int) -> datetime:
    """The same moment `months` later; the first of that month where the day does not exist."""
    month = start.month - 1 + months
    return start.replace(year=start.year + month // 12, month=month % 12 + 1, day=start.day)


def _check_dates(start: datetime, months: int) -> None:
    what = None
    if start.tzinfo is not None or start.time() != start.min.time():
        what = "the first moment is the start of a UTC day, without a time zone"
    elif start.day > 28:
        what = "the first day must exist in every month, the 1st to the 28th"
    elif months < 1:
        what = "the end lies before one month after the start"
    elif not start.year >= 1990 or start.year + months // 12 + 1 > LAST_YEAR:
        what = f"the company lives between the years 1990 and {LAST_YEAR}"
    if what:
        raise FixConfiguration(
            "SANDBOX-DATES",
            "sandbox.start",
            what,
            "Give a start and months such as 2023-11-01, 36.",
        )
