"""Lives of customers: order by order, what happens to them and how they feel about it.

All customers of a block live their next order at the same time, so that each step is arithmetic
on columns. What happens is decided here, once; the systems see their parts of it elsewhere.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.random import Generator
from numpy.typing import NDArray

from connectors.sandbox.company.experience import Parcel, receive
from connectors.sandbox.company.help import seek_help
from connectors.sandbox.company.ids import Ints
from connectors.sandbox.company.plan import CHANGED_TEA, DAY, HOUR, LASTS, Plan

Floats = NDArray[np.float64]
TERM = 182 * DAY
"""Subscriptions run for half a year."""


class State:
    """Where each customer of the block stands."""

    def __init__(self, plan: Plan, rng: Generator, people: pl.DataFrame) -> None:
        """Everybody before their first order within the company's months."""
        self.person = {c: people[c].to_numpy() for c in ("country", "interval", "tea", "segment")}
        self.base: Floats = people["mood"].to_numpy().copy()
        self.mood = self.base.copy()
        signup = people["signup"].to_numpy()
        old = signup < plan.start
        gap = rng.integers(2 * HOUR, 20 * DAY, len(people))
        wait = rng.random(len(people)) * self.person["interval"] * DAY
        self.next = np.where(old, plan.start + wait.astype(np.int64) + DAY, signup + gap)
        self.next = np.where(people["never"].to_numpy() & ~old, plan.end, self.next)
        self.subscribed = np.where(old, signup, self.next)
        # terms that ended before are renewed already
        ended = np.where(old, (plan.start - signup) // TERM, 0)
        self.renew = self.subscribed + (ended + 1) * TERM
        self.orders = np.where(old, 1 + (plan.start - signup) // (30 * DAY), 0)
        self.rank = np.zeros(len(people), dtype=np.int64)


def live(plan: Plan, rng: Generator, people: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Orders with all that came of them, one row each, and the ends of subscription terms.

    Orders: `row` of the person, `at`, `delivered` and further moments in seconds since 1970,
    flags of what happened, `mood` before and `felt` (points of 0 to 10) after. Terms: `row`,
    `at`, `kind` (0 started, 1 renewed, 2 left, 3 not renewed), `mood` then.
    """
    state = State(plan, rng, people)
    orders: list[dict[str, Any]] = []
    terms: list[dict[str, Any]] = [_started(plan, state)]
    while True:
        _wait_for_term(plan, rng, state, terms)
        active = np.flatnonzero(state.next < plan.end)
        if not len(active):
            break
        orders.append(_order(plan, rng, state, active, terms))
    return _stack(orders).sort("at", "row"), _stack(terms).sort("at", "row")


def _started(plan: Plan, state: State) -> dict[str, Any]:
    row = np.flatnonzero((state.next < plan.end) & (state.subscribed >= plan.start))
    return _term(state, row, state.subscribed[row], 0)


def _term(state: State, row: Ints, at: Ints, kind: int) -> dict[str, Any]:
    return {"row": row, "at": at, "kind": np.full(len(row), kind), "mood": state.mood[row]}


def _wait_for_term(plan: Plan, rng: Generator, state: State, terms: list[dict[str, Any]]) -> None:
    """Those whose term ends before their next order stay or leave."""
    due = np.flatnonzero((state.renew <= state.next) & (state.renew < plan.end))
    chance = 0.42 / (1 + np.exp((state.mood[due] - 6.0) * 1.1)) + 0.03
    leaves = rng.random(len(due)) < chance * _lost_taste(plan, state, due, state.renew[due])
    left, stays = due[leaves], due[~leaves]
    terms.append(_term(state, left, state.renew[left], 2))
    terms.append(_term(state, left, state.renew[left], 3))
    terms.append(_term(state, stays, state.renew[stays], 1))
    state.next[left] = plan.end
    state.renew[stays] += TERM
    state.renew[left] = plan.end


def _lost_taste(plan: Plan, state: State, rows: Ints, at: Ints) -> Floats:
    """How much likelier those leave whose tea is not what it was, some time after the change."""
    return np.where((state.person["tea"][rows] == CHANGED_TEA) & (at >= plan.tea_churn), 2.6, 1.0)


def _order(
    plan: Plan, rng: Generator, state: State, rows: Ints, terms: list[dict[str, Any]]
) -> dict[str, Any]:
    at = state.next[rows]
    before = state.mood[rows]
    parcel: Parcel = receive(plan, rng, state.person, rows, at)
    calls = seek_help(plan, rng, parcel, before)
    moved = parcel["effect"] + calls["effect"]
    after = before + moved * LASTS
    state.mood[rows] = state.base[rows] + (after - state.base[rows]) * 0.75
    made = {
        "row": rows,
        "at": at,
        "nth": state.orders[rows],
        "rank": state.rank[rows],
        "mood": before,
        "felt": before + parcel["effect"],
        "helped": before + moved,
        **{k: v for k, v in parcel.items() if k != "effect"},
        **{k: v for k, v in calls.items() if k != "effect"},
    }
    state.orders[rows] += 1
    state.rank[rows] += 1
    _go_on(plan, rng, state, rows, terms, made)
    return made


def _go_on(
    plan: Plan,
    rng: Generator,
    state: State,
    rows: Ints,
    terms: list[dict[str, Any]],
    made: dict[str, Any],
) -> None:
    """Leave in mid-term, or order again."""
    chance = 0.007 + 0.09 / (1 + np.exp((state.mood[rows] - 5.0) * 1.3))
    chance = chance * _lost_taste(plan, state, rows, made["at"])
    leaves = rng.random(len(rows)) < chance
    gone = rows[leaves]
    end = made["delivered"][leaves] + rng.integers(2 * DAY, 16 * DAY, len(gone))
    terms.append(_term(state, gone, end, 2))
    month = (made["at"] // (30 * DAY)) % 12
    thirst = np.where((month >= 5) & (month <= 7), 1.25, 0.95)
    gap = state.person["interval"][rows] * thirst * rng.normal(1.0, 0.18, len(rows)).clip(0.4, 2)
    following = (made["at"] // DAY + np.maximum(1, gap).astype(np.int64)) * DAY
    clock = (rng.normal(15.0, 4.2, len(rows)).clip(0.1, 23.9) * HOUR).astype(np.int64)
    following = np.maximum(following + clock, made["delivered"] + HOUR)
    state.next[rows] = np.where(leaves, plan.end, following)
    state.renew[gone] = plan.end


def _stack(rounds: list[dict[str, Any]]) -> pl.DataFrame:
    names = rounds[0].keys()
    return pl.DataFrame({name: np.concatenate([r[name] for r in rounds]) for name in names})
