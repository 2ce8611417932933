"""All tickets of a block: asked for, written twice, called back; with requesters and ratings."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from connectors.sandbox.company.asked import DELIVERY
from connectors.sandbox.company.cases import CLOSES_AFTER, NEVER, TICKETS_FROM
from connectors.sandbox.company.help import VOICE
from connectors.sandbox.company.ids import woven
from connectors.sandbox.company.plan import DAY, HOUR, Plan
from connectors.sandbox.company.staff import Staff
from connectors.sandbox.company.timeline import AGENT, CUSTOMER

RATINGS_FROM = 500_000
HAPPY = 8.6
CALLED_BACK_UNTIL = 6
_MOMENTS = ["assigned", "moved", "replied", "answered", "solved", "reopened", "solved_again",
            "ends", "closed", "deleted", "absorbed"]  # fmt: skip
ASKED, TWICE, CALLED_BACK = 0, 1, 2


def numbered(plan: Plan, kinds: list[pl.DataFrame], block: int) -> pl.DataFrame:
    """Tickets of all kinds, ascending by `created`, with their `id` and `merged_into`."""
    everything = pl.concat(kinds, how="diagonal_relaxed").filter(pl.col("created") < plan.end)
    everything = everything.sort("created", "kind", "row")
    everything = everything.with_columns(
        id=woven(TICKETS_FROM, len(everything), block - 1, plan.config.blocks)
    )
    originals = everything.filter(pl.col("kind") == ASKED).select(of="key", merged_into="id")
    return everything.join(originals, on="of", how="left", maintain_order="left")


def asked_for(cases: pl.DataFrame) -> pl.DataFrame:
    """The tickets that customers opened."""
    return cases.with_columns(
        kind=pl.lit(ASKED, dtype=pl.Int64),
        key=pl.int_range(pl.len(), dtype=pl.Int64),
        of=pl.lit(-1, dtype=pl.Int64),
        absorbed=pl.lit(NEVER, dtype=pl.Int64),
        opened_by=pl.lit(CUSTOMER, dtype=pl.Int64),
        opens=pl.lit("first"),
    )


def twice(plan: Plan, rng: Generator, cases: pl.DataFrame) -> pl.DataFrame:
    """The same request once more, before anybody answered; merged into the first one."""
    written = cases.filter(
        pl.Series(rng.random(len(cases)) < 0.018), pl.col("channel") < 2, pl.col("wait") > HOUR
    )
    created = written["created"].to_numpy() + rng.integers(600, 5 * HOUR, len(written))
    absorbed = plan.hours.add(created, rng.integers(300, 2 * HOUR, len(written)))
    return written.with_columns(
        *[pl.lit(NEVER, dtype=pl.Int64).alias(name) for name in _MOMENTS],
        kind=pl.lit(TWICE, dtype=pl.Int64),
        of="key",
        key=pl.lit(-1, dtype=pl.Int64),
        created=created,
        opens=pl.lit("double"),
        note=pl.lit(value=False),
    ).with_columns(absorbed=absorbed, assigned=pl.Series(created + 30))


def called_back(
    plan: Plan, rng: Generator, staff: Staff, asked: pl.DataFrame, people: pl.DataFrame
) -> pl.DataFrame:
    """Half of the unhappy answers about deliveries, chosen by a coin, are rung up."""
    unhappy = asked.filter(
        pl.Series(rng.random(len(asked)) < 0.5),
        pl.col("answered"),
        pl.col("survey") == DELIVERY,
        pl.col("nps") <= CALLED_BACK_UNTIL,
        pl.col("completed") >= plan.callback,
        pl.col("phone").is_not_null(),
    )
    count = len(unhappy)
    about = people.select("row", "account", "person", "segment", "country", "language")
    unhappy = unhappy.select("row", "order", "theme", "tea", "days", "completed").join(
        about, on="row", how="left", maintain_order="left"
    )
    created = plan.hours.add(
        unhappy["completed"].to_numpy() + DAY, rng.integers(0, 16 * HOUR, count)
    )
    never = pl.lit(NEVER, dtype=pl.Int64)
    desk = unhappy["language"].to_numpy()
    first = np.array([members[0] for members in staff.agents])
    solved = created + rng.integers(240, 1500, count)
    closed = -(-(solved + CLOSES_AFTER) // HOUR) * HOUR
    return unhappy.with_columns(
        *[never.alias(name) for name in _MOMENTS],
        kind=pl.lit(CALLED_BACK, dtype=pl.Int64),
        key=pl.lit(-1, dtype=pl.Int64),
        of=pl.lit(-1, dtype=pl.Int64),
        channel=pl.lit(VOICE, dtype=pl.Int64),
        opened_by=pl.lit(AGENT, dtype=pl.Int64),
        opens=pl.lit("callback"),
        priority=pl.lit(1, dtype=pl.Int64),
        note=pl.lit(value=True),
        holds=pl.lit(value=False),
        settled=pl.lit(value=False),
        at=pl.Series(created),
        created=created,
        group=staff.groups[desk],
        agent=first[desk],
        group_2=pl.lit(-1, dtype=pl.Int64),
        agent_2=pl.lit(-1, dtype=pl.Int64),
    ).with_columns(assigned=pl.Series(created + 1), solved=solved, ends=solved, closed=closed)


def with_requesters(
    plan: Plan, tickets: pl.DataFrame, users: pl.DataFrame, people: pl.DataFrame
) -> pl.DataFrame:
    """With `requester` at the beginning, `requester_2` from `requester_at` on after a merge."""
    who = pl.when(pl.col("way") == 2).then(pl.col("account")).otherwise(pl.col("person"))
    known = users.select("way", "who", "user", "into", "merged")
    del people
    tickets = tickets.with_columns(who=who).join(
        known, on=["way", "who"], how="left", maintain_order="left"
    )
    later = pl.col("merged").is_not_null() & (pl.col("created") >= pl.col("merged"))
    moved = pl.col("merged").is_not_null() & ~later & (pl.col("merged") < plan.end)
    return tickets.with_columns(
        requester=pl.when(later).then("into").otherwise("user"),
        requester_at=pl.when(moved).then("merged"),
        requester_2=pl.when(moved).then("into"),
    )


def with_ratings(
    plan: Plan, rng: Generator, staff: Staff, tickets: pl.DataFrame, block: int
) -> pl.DataFrame:
    """With `offered`, `rated`, `rating_id`, `verdict`; some agents ask only whom they pleased."""
    count = len(tickets)
    last = pl.when(pl.col("agent_2") > 0).then("agent_2").otherwise("agent")
    tickets = tickets.with_columns(last_agent=last)
    choosy = tickets["last_agent"].is_in(staff.happy_only.tolist()).to_numpy()
    helped = tickets["helped"].fill_null(0).to_numpy()
    asks = np.where(choosy, helped >= HAPPY, rng.random(count) < 0.62)
    ends = tickets["ends"].to_numpy()
    asks &= (tickets["kind"].to_numpy() == ASKED) & (ends < NEVER)
    # sent once an hour, a day after the last solution
    offered = np.where(asks, -(-(np.minimum(ends, plan.end * 2) + 23 * HOUR) // HOUR) * HOUR, NEVER)
    asks &= offered < plan.end
    offered = np.where(asks, offered, NEVER)
    rates = asks & (rng.random(count) < np.where(np.abs(helped - 7.5) > 2, 0.4, 0.24))
    rated = np.where(
        rates,
        np.minimum(offered, plan.end) + rng.gamma(1.0, 40 * HOUR, count).astype(int) + 90,
        NEVER,
    )
    good = helped + rng.normal(0, 1.1, count) > 6.3
    order = np.cumsum(asks) - 1
    ids = woven(RATINGS_FROM, max(1, int(asks.sum())), block - 1, plan.config.blocks)
    return tickets.with_columns(
        offered=offered,
        rated=rated,
        good=good,
        verdict=pl.select(
            pl.when(pl.Series(good)).then(pl.lit("good")).otherwise(pl.lit("bad"))
        ).to_series(),
        rating_id=pl.Series(ids[np.maximum(order, 0)]).set(pl.Series(~asks), None),
    )
