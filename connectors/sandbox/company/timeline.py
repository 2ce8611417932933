"""Each ticket's steps: who does what when, and what the ticket looks like afterwards."""

from __future__ import annotations

import polars as pl

from connectors.sandbox.company.cases import NEVER
from connectors.sandbox.company.plan import HOUR, Plan
from connectors.sandbox.company.versions import versions

CUSTOMER, AGENT, MACHINE = 0, 1, 2
REINDEXED = (0.35, 0.7)
"""Where in the company's life the help desk touched old tickets without changing them."""


def _step(
    tickets: pl.DataFrame,
    at: str,
    by: int | str,
    says: str | pl.Expr | None = None,
    **changes: pl.Expr | str,
) -> pl.DataFrame:
    """The tickets that take this step, at that moment."""
    taken = tickets.filter(pl.col(at).is_not_null() & (pl.col(at) < NEVER))
    return taken.select(
        ticket="id",
        at=at,
        by=pl.lit(by, dtype=pl.Int64) if isinstance(by, int) else pl.col(by),
        says=says if isinstance(says, pl.Expr) else pl.lit(says, dtype=pl.String),
        real=pl.lit(by != MACHINE),
        **changes,
    )


def _real(step: pl.DataFrame) -> pl.DataFrame:
    """A step of the machine that is an update all the same."""
    return step.with_columns(real=pl.lit(value=True))


def _status(name: str) -> pl.Expr:
    return pl.lit(name)


def timeline(plan: Plan, tickets: pl.DataFrame) -> pl.DataFrame:
    """One row per step of a ticket, ascending by ticket and `at`, with the state after it.

    `by` acts (0 customer, 1 agent in charge, 2 the machine), `says` which kind of message they
    leave, `real` is false where the ticket's own `updated_at` does not move.
    """
    t = tickets.with_columns(
        noted=pl.when("note").then(pl.col("assigned") + 40),
        handed=pl.when(pl.col("moved") < NEVER).then(pl.col("moved") + 1),
        touched=_reindexed(plan),
        waiting=pl.when("holds").then(pl.lit("hold")).otherwise(pl.lit("pending")),
    )
    steps = [
        _step(
            t,
            "created",
            "opened_by",
            pl.col("opens"),
            status=_status("new"),
            requester="requester",
            # who opens a ticket for a customer has it
            agent=pl.when(pl.col("opened_by") == AGENT).then("agent"),
        ),
        _step(t, "assigned", AGENT, status=_status("open"), agent="agent", group="group"),
        _step(t, "noted", AGENT, "note"),
        _step(t, "handed", AGENT, "handover"),
        _step(t, "moved", AGENT, agent="agent_2", group="group_2"),
        _step(t, "replied", AGENT, "reply", status=pl.col("waiting")),
        _step(t, "answered", CUSTOMER, "answer", status=_status("open")),
        _step(t, "solved", AGENT, "solution", status=_status("solved")),
        _real(_step(t, "offered", MACHINE, rating="rating_id", score=pl.lit("offered"))),
        _step(t, "rated", CUSTOMER, score="verdict", remark="remark"),
        _step(t, "reopened", CUSTOMER, "again", status=_status("open")),
        _step(t, "solved_again", AGENT, "solution", status=_status("solved")),
        _step(t, "absorbed", AGENT, "absorbed", status=_status("closed"), merged="merged_into"),
        _real(_step(t, "closed", MACHINE, status=_status("closed"))),
        _step(t, "requester_at", MACHINE, requester="requester_2"),
        _step(t, "touched", MACHINE),
        _real(_step(t, "deleted", MACHINE, status=_status("deleted"))),
    ]
    return versions(steps, "ticket", once=("says",))


def _reindexed(plan: Plan) -> pl.Expr:
    """For some closed tickets, the second in which the machine touched hundreds of them."""
    touched = pl.lit(None, dtype=pl.Int64)
    for number, place in enumerate(REINDEXED):
        moment = (plan.start + int((plan.end - plan.start) * place)) // HOUR * HOUR
        ripe = (pl.col("closed") < moment - HOUR) & (pl.col("closed") > moment - 400 * 24 * HOUR)
        mine = (pl.col("id") // 3) % 11 == number
        touched = (
            pl.when(ripe & mine & (pl.col("deleted") >= NEVER)).then(moment).otherwise(touched)
        )
    return touched
