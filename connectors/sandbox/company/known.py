"""What the CRM makes of people, and when: the moments that `crm.py` turns into versions."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.random import Generator
from numpy.typing import NDArray

from connectors.sandbox.company.contacts import local_phone, mistyped, written_phone
from connectors.sandbox.company.ids import Ints
from connectors.sandbox.company.plan import DAY, HOUR, Plan

CONTACTS_FROM = 30_000_000_000
MS = 1_000
BATCH = 250
"""Contacts that an import writes within one millisecond."""


def known_as(plan: Plan, rng: Generator, people: pl.DataFrame, terms: pl.DataFrame) -> pl.DataFrame:
    """People with what the CRM makes of them.

    `crm_email` (mistyped for a few), `crm_phone` as written, `crm_number`, `contact` and
    `contact_2` (ids, null where there is none), `created` and further moments in milliseconds,
    null where a step is not taken.
    """
    people = people.with_columns(**_written(rng, people))
    created = _created(plan, rng, people)
    known = people.with_columns(**_twice(plan, rng, people, created))
    return known.with_columns(**_fate(plan, rng, known, terms, created))


def _at(plan: Plan, people: pl.DataFrame, moment: Ints, who: NDArray[np.bool_]) -> pl.Series:
    """The moment for those who take the step before the end; guests have no contact."""
    never = ~who | people["guest"].to_numpy() | (moment >= plan.end * MS)
    return pl.Series(moment).set(pl.Series(never), None)


def _written(rng: Generator, people: pl.DataFrame) -> dict[str, Any]:
    count = len(people)
    wrong = (rng.random(count) < 0.012) & (people["account"].to_numpy() < 0)
    slip = mistyped(people["email"], rng.random(count))
    phone = written_phone(people["phone"], rng.random(count))
    at_home = (rng.random(count) < 0.03) & _single(people)
    local = local_phone(people["phone"], people["country"].to_numpy())
    return {
        "mistyped": pl.Series(wrong),
        "crm_email": people["email"].zip_with(pl.Series(~wrong), slip),
        "crm_phone": phone.zip_with(pl.Series(~at_home), local),
        "at_home": pl.Series(at_home),
        "crm_number": people["number"].set(people["guest"], None),
    }


def _single(people: pl.DataFrame) -> NDArray[np.bool_]:
    """Not of a family: its number is known to be shared while all of its members are known."""
    return people["family"].to_numpy() < 0


def _created(plan: Plan, rng: Generator, people: pl.DataFrame) -> Ints:
    """Those known before are imported on the first day, hundreds in one millisecond."""
    signup = people["signup"].to_numpy()
    old = signup < plan.start
    batch = np.cumsum(old) // BATCH + people["person"][0] // BATCH
    imported = (plan.start + 2 * HOUR) * MS + batch * 400
    return np.where(old, imported, signup * MS + rng.integers(0, MS, len(people)))


def _twice(plan: Plan, rng: Generator, people: pl.DataFrame, created: Ints) -> dict[str, Any]:
    """Some are entered again under their second address, and found to be one later."""
    count, person = len(people), people["person"].to_numpy()
    twice = (rng.random(count) < 0.25) & people["email_2"].is_not_null().to_numpy()
    second = created + rng.integers(20, 400, count) * DAY * MS + rng.integers(0, DAY * MS, count)
    merged = second + rng.integers(DAY, 60 * DAY, count) * MS
    merges = twice & (rng.random(count) < 0.6) & (second < plan.end * MS)
    further = created + rng.integers(DAY, 300 * DAY, count) * MS
    entered = _at(plan, people, second, twice)
    return {
        "contact": pl.Series(CONTACTS_FROM + person * 20).set(people["guest"], None),
        "contact_2": pl.Series(CONTACTS_FROM + person * 20 + 7).set(entered.is_null(), None),
        "second": entered,
        "merged": _at(plan, people, merged, merges),
        "further": _at(plan, people, further, (rng.random(count) < 0.3) & ~twice),
    }


def _fate(
    plan: Plan, rng: Generator, people: pl.DataFrame, terms: pl.DataFrame, created: Ints
) -> dict[str, Any]:
    """Phones given later; contacts of those who left are archived, a few erased."""
    count, single = len(people), _single(people)
    left = terms.filter(pl.col("kind") == 2).group_by("row").agg(pl.col("at").max())
    left_at = people.select("row").join(left, on="row", how="left", maintain_order="left")["at"]
    archived = left_at.fill_null(2**50).to_numpy() * MS + 30 * DAY * MS
    archived += rng.integers(0, 200 * DAY, count) * MS
    late = (rng.random(count) < 0.3) & single
    phone_later = _at(plan, people, created + rng.integers(DAY, 90 * DAY, count) * MS, late)
    dice = rng.random(count)
    return {
        "created": _at(plan, people, created, np.ones(count, dtype=bool)),
        "phone_later": phone_later,
        "phone_first": pl.Series(~late),
        "phone_known": pl.Series(~late) | phone_later.is_not_null(),
        "archived": _at(plan, people, archived, single & (dice < 0.1)),
        "erased": _at(plan, people, archived + DAY * MS, single & (dice >= 0.1) & (dice < 0.15)),
        "recalculated": people["row"] % 17,
    }
