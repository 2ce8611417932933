"""Tickets as the help desk lives them: who answers when, what goes back and forth, how it ends."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from connectors.sandbox.company.ids import Ints, woven
from connectors.sandbox.company.plan import BILLING, DAY, HOUR, LATE, NONE, Plan
from connectors.sandbox.company.staff import BILLING_GROUP, Staff

TICKETS_FROM = 10_000
NEVER = 2**40
CLOSES_AFTER = 4 * DAY


def cases(
    plan: Plan, rng: Generator, staff: Staff, people: pl.DataFrame, orders: pl.DataFrame, block: int
) -> pl.DataFrame:
    """One row per ticket that a customer opened about an order, ascending by `created`.

    All moments are seconds since 1970, `NEVER` where a step is not taken: `created`, `assigned`,
    `moved` (to another group), `replied`, `answered` (by the customer), `solved`, `reopened`,
    `solved_again`, `closed`, `deleted`. `ends` is the last solution, of which nothing is written
    where the first reply `settled` it.
    """
    asked = orders.filter(pl.col("asks"), pl.col("asked") < plan.end).sort("asked", "row")
    about = people.select("row", "language", "country", "segment", "account", "person")
    asked = asked.join(about, on="row", how="left", maintain_order="left")
    moments = _moments(plan, rng, asked)
    agents = _agents(rng, staff, asked, moments["moved"])
    count = len(asked)
    return asked.with_columns(
        id=woven(TICKETS_FROM, count, block - 1, plan.config.blocks),
        **moments,
        **agents,
        priority=rng.choice(4, count, p=[0.1, 0.7, 0.16, 0.04]),
        note=rng.random(count) < 0.45,
        # the first reply is the last; drawn from no dice, whose later throws would all be others
        settled=(moments["answered"] == NEVER)
        & (moments["reopened"] == NEVER)
        & (moments["created"] % 5 < 3),
        # a carrier is asked: the desk waits, not the customer
        holds=(asked["theme"].to_numpy() == LATE) & (rng.random(count) < 0.25),
    )


def _moments(plan: Plan, rng: Generator, asked: pl.DataFrame) -> dict[str, Ints]:
    hours, count = plan.hours, len(asked)
    created = asked["asked"].to_numpy()
    wait = asked["wait"].to_numpy()
    assigned = np.minimum(
        hours.add(created, rng.integers(0, 25 * 60, count)), hours.add(created, wait // 2)
    )
    theme = asked["theme"].to_numpy()
    moves = rng.random(count) < np.where(theme == BILLING, 0.6, 0.06)
    replied = hours.add(created, wait)
    moved = np.where(moves, np.maximum(assigned + 5, hours.add(assigned, wait // 4)), NEVER)
    back = rng.random(count) < 0.55
    answered = np.where(back, replied + rng.gamma(1.4, 9 * HOUR, count).astype(int) + 300, NEVER)
    live = np.isin(asked["channel"].to_numpy(), [2, 3])
    answered = np.where(back & live, replied + rng.integers(60, 600, count), answered)
    work = np.where(live, rng.gamma(2, 240, count), rng.lognormal(9.0, 0.9, count)).astype(int) + 60
    solved = hours.add(np.where(back, answered, replied), work)
    never = rng.random(count) < 0.012
    solved = np.where(never, NEVER, solved)
    reopens = asked["reopens"].to_numpy() & ~never
    reopened = np.where(reopens, solved + rng.integers(2 * HOUR, 70 * HOUR, count), NEVER)
    again = np.where(reopens, reopened, 0)
    again = np.where(reopens, hours.add(np.minimum(again, plan.end + 99 * DAY), work + HOUR), NEVER)
    ends = np.where(reopens, again, solved)
    # automation closes once an hour, all that are due in one second
    closed = np.where(ends < NEVER, -(-(ends + CLOSES_AFTER) // HOUR) * HOUR, NEVER)
    spam = (theme == NONE) & (rng.random(count) < 0.03)
    return {
        "created": created,
        "assigned": assigned,
        "moved": moved,
        "replied": replied,
        "answered": answered,
        "solved": solved,
        "reopened": reopened,
        "solved_again": again,
        "ends": ends,
        "closed": closed,
        "deleted": np.where(spam, closed + rng.integers(DAY, 9 * DAY, count), NEVER),
    }


def _agents(rng: Generator, staff: Staff, asked: pl.DataFrame, moved: Ints) -> dict[str, Ints]:
    """The desk of the customer's language, and another one if it was moved there."""
    desk = asked["language"].to_numpy()
    billing = asked["theme"].to_numpy() == BILLING
    other = np.where(billing, BILLING_GROUP, (desk + 1) % BILLING_GROUP)
    return {
        "group": staff.groups[desk],
        "agent": _pick(rng, staff, desk),
        "group_2": np.where(moved < NEVER, staff.groups[other], -1),
        "agent_2": np.where(moved < NEVER, _pick(rng, staff, other), -1),
    }


def _pick(rng: Generator, staff: Staff, desk: Ints) -> Ints:
    sizes = np.array([len(members) for members in staff.agents])
    start = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    everybody = np.concatenate(staff.agents)
    return np.asarray(everybody[start[desk] + (rng.random(len(desk)) * sizes[desk]).astype(int)])
