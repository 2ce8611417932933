"""Who is asked in which survey, what each would answer, and who does answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.random import Generator
from numpy.typing import NDArray

from connectors.sandbox.company.ids import Ints
from connectors.sandbox.company.plan import DAY, HOUR, TOUCHPOINTS, Plan

Floats = NDArray[np.float64]
DELIVERY, SUPPORT, ONBOARDING, RENEWAL, APP_USE, BILLED = range(6)
WEEK = 7 * DAY
TUESDAY_NINE = 5 * DAY + 9 * HOUR
"""Seconds from the start of 1970, a Thursday, to the first sending."""
# what a touchpoint itself adds, beside what happened there
PLACE = np.array([0.0, -0.1, 0.3, -0.1, -0.2, -0.4])
NOISE = 0.95
LEAST, MOST = 0.10, 0.37
"""Answer rates of the unhappiest and of the happiest: the raw score flatters."""


def asked(
    plan: Plan, rng: Generator, people: pl.DataFrame, orders: pl.DataFrame,
    terms: pl.DataFrame, tickets: pl.DataFrame,
) -> pl.DataFrame:  # fmt: skip
    """One row per invitation, ascending by `sent`.

    `survey` is the place in `TOUCHPOINTS`, `latent` what they feel in points, `nps` what they
    would answer, answered or not; `answered`, `partial`, `bounced` what becomes of it; `opened`,
    `started` and `completed` are moments.
    """
    events = pl.concat(
        [*_after_orders(rng, orders, people), _after_help(rng, tickets), _after_renewal(rng, terms)]
    )
    count = len(events)
    sent = _next_sending(events["event"].to_numpy())
    events = events.with_columns(sent=sent, dice=rng.random(count)).filter(
        pl.col("sent") < plan.end, ~pl.col("sent").is_between(*plan.outage, closed="left")
    )
    # nobody is asked twice in one sending
    events = events.sort("sent", "row", "dice").unique(
        ["sent", "row"], keep="first", maintain_order=True
    )
    about = people.select("row", "language", "segment", "country", "mistyped", "phone")
    events = events.join(about, on="row", how="left", maintain_order="left")
    return events.with_columns(**_becomes(plan, rng, events)).sort("sent", "row")


def _event(frame: pl.DataFrame, survey: int, event: pl.Expr, felt: pl.Expr) -> pl.DataFrame:
    return frame.select(
        "row",
        "order",
        "theme",
        "tea",
        "days",
        agent=pl.col("helper") if "helper" in frame.columns else pl.lit(None, dtype=pl.Int64),
        survey=pl.lit(survey, dtype=pl.Int64),
        event=event,
        latent=felt + PLACE[survey],
    )


def _after_orders(rng: Generator, orders: pl.DataFrame, people: pl.DataFrame) -> list[pl.DataFrame]:
    dice = [pl.Series(rng.random(len(orders))) for _ in range(4)]
    first = pl.col("nth") == 0
    uses_app = people["app"].gather(orders["row"])
    at, felt = pl.col("delivered"), pl.col("felt")
    return [
        _event(orders.filter(~first & (dice[0] < 0.36)), DELIVERY, at, felt),
        _event(orders.filter(first & (dice[1] < 0.7)), ONBOARDING, at + 12 * DAY, felt),
        _event(
            orders.filter(uses_app & (dice[2] < pl.when(pl.col("app")).then(0.5).otherwise(0.03))),
            APP_USE,
            at + DAY,
            felt,
        ),
        _event(orders.filter(pl.col("billing") & (dice[3] < 0.65)), BILLED, at + 2 * DAY, felt),
    ]


def _after_help(rng: Generator, tickets: pl.DataFrame) -> pl.DataFrame:
    done = tickets.filter(
        pl.Series(rng.random(len(tickets)) < 0.55), pl.col("ends") < pl.col("closed")
    )
    done = done.with_columns(
        helper=pl.when(pl.col("agent_2") > 0).then("agent_2").otherwise("agent")
    )
    return _event(done, SUPPORT, pl.col("ends") + DAY, pl.col("helped"))


def _after_renewal(rng: Generator, terms: pl.DataFrame) -> pl.DataFrame:
    renewed = terms.filter(pl.col("kind") == 1, pl.Series(rng.random(len(terms)) < 0.45))
    renewed = renewed.with_columns(
        order=pl.lit(None, dtype=pl.String),
        theme=pl.lit(6, dtype=pl.Int64),
        days=pl.lit(3, dtype=pl.Int64),
    )
    return _event(renewed, RENEWAL, pl.col("at") + DAY, pl.col("mood"))


def _next_sending(event: Ints) -> Ints:
    """The Tuesday, nine o'clock UTC, after the event."""
    return (event - TUESDAY_NINE) // WEEK * WEEK + WEEK + TUESDAY_NINE


def _becomes(plan: Plan, rng: Generator, events: pl.DataFrame) -> dict[str, Any]:
    count = len(events)
    latent, sent = events["latent"].to_numpy(), events["sent"].to_numpy()
    said = latent + rng.normal(0, NOISE, count)
    bounced = events["mistyped"].to_numpy() | (rng.random(count) < 0.008)
    chance = LEAST + (MOST - LEAST) / (1 + np.exp((7.6 - latent) * 1.1))
    # customers of some segments answer more than others, whatever they feel
    chance = chance * np.array([0.8, 1.05, 1.15, 1.0])[events["segment"].to_numpy()]
    started = sent + rng.gamma(0.8, 26 * HOUR, count).astype(np.int64) + 60
    completed = started + rng.gamma(3.0, 45, count).astype(np.int64) + 20
    # who stops half-way has answered the first question, which is the one that is counted
    first = np.isin(events["survey"].to_numpy(), [DELIVERY, RENEWAL, APP_USE, BILLED])
    partial = first & (rng.random(count) < 0.06)
    # an unfinished one is recorded as it stands a week later
    completed = np.where(partial, started + WEEK, completed)
    silent = (completed >= plan.outage[0] - HOUR) & (started < plan.outage[1] + HOUR)
    answered = (rng.random(count) < chance) & ~bounced & ~silent & (completed < plan.end)
    opened = started - rng.integers(5, 55, count)
    unseen = (opened >= plan.outage[0]) & (opened < plan.outage[1])
    return {
        "said": said,
        "nps": np.clip(np.floor(said + 0.5), 0, 10).astype(np.int64),
        "bounced": bounced,
        "answered": answered,
        "partial": answered & partial,
        "opens": answered | (~bounced & ~unseen & (rng.random(count) < 0.5)),
        "opened": opened,
        "started": started,
        "completed": completed,
        "sms": (rng.random(count) < 0.15)
        & (events["survey"].to_numpy() == DELIVERY)
        & events["phone"].is_not_null().to_numpy(),
    }


def touchpoint(survey: int) -> str:
    """The touchpoint that a survey asks about."""
    return TOUCHPOINTS[survey]
