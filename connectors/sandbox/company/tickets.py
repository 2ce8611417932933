"""Zendesk's tickets, ratings and metric events, as rows of versions."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from connectors.sandbox.company.cases import NEVER
from connectors.sandbox.company.desk import CALLED_BACK, TWICE
from connectors.sandbox.company.help import CHANNELS
from connectors.sandbox.company.ids import Ints, woven
from connectors.sandbox.company.plan import TEAS, Plan
from connectors.sandbox.company.requesters import organization_id
from connectors.sandbox.company.tables import Tables, table, texts

METRICS_FROM = 800_000_000
_PRIORITIES = ["low", "normal", "high", "urgent"]
TOPICS = ["late_delivery", "damaged", "wrong_item", "taste", "billing", "app", "question"]
_TYPES = ["incident", "incident", "incident", "question", "problem", "problem", "question"]


def ticket_tables(plan: Plan, tickets: pl.DataFrame, steps: pl.DataFrame) -> Tables:
    """Versions of tickets and ratings, and metric events."""
    return {
        "zendesk_tickets": _tickets(plan, tickets, steps),
        "zendesk_ratings": _ratings(plan, tickets),
    }


def _tickets(plan: Plan, tickets: pl.DataFrame, steps: pl.DataFrame) -> pl.DataFrame:
    theme = tickets["theme"].to_numpy()
    tea = texts(TEAS, tickets["tea"].to_numpy()).str.to_lowercase().str.replace_all(" ", "_")
    kind = pl.col("kind")
    fixed = tickets.select(
        "created", "subject", "description",
        ticket="id",
        priority=texts(_PRIORITIES, tickets["priority"].to_numpy()),
        type=texts(_TYPES, theme),
        channel=texts(list(CHANNELS), tickets["channel"].to_numpy()),
        topic=texts(TOPICS, theme),
        submitter=pl.when(kind == CALLED_BACK).then("agent").otherwise("requester"),
        organization=organization_id(),
        tags=pl.concat_list(
            texts(TOPICS, theme),
            tea,
            pl.when(kind == CALLED_BACK)
            .then(pl.lit("callback"))
            .when(kind == TWICE)
            .then(pl.lit("merge")),
        ).list.drop_nulls(),
    )  # fmt: skip
    frame = steps.join(fixed, on="ticket", how="left", maintain_order="left")
    own = pl.when("real").then("at").forward_fill().over("ticket")
    frame = frame.select(
        "at", "status", "subject", "description", "priority", "type", "channel", "tags", "topic",
        id="ticket",
        created_at="created",
        updated_at=own,
        requester_id="requester",
        submitter_id="submitter",
        assignee_id="agent",
        group_id="group",
        organization_id="organization",
        merged_into_id="merged",
        rating_id="rating",
        satisfaction_score="score",
        satisfaction_comment="remark",
    ).sort("at", "id")  # fmt: skip
    return table("zendesk_tickets", frame, plan.end)


def _ratings(plan: Plan, tickets: pl.DataFrame) -> pl.DataFrame:
    asked = tickets.filter(pl.col("offered") < NEVER)
    base = asked.select(
        id="rating_id",
        at="offered",
        ticket_id="id",
        requester_id=pl.when(pl.col("requester_at") <= pl.col("offered"))
        .then("requester_2")
        .otherwise("requester"),
        assignee_id="last_agent",
        group_id=pl.when(pl.col("group_2") > 0).then("group_2").otherwise("group"),
        score=pl.lit("offered"),
        comment=pl.lit(None, dtype=pl.String),
        created_at="offered",
        updated_at="offered",
    )
    given = asked.filter(pl.col("rated") < NEVER)
    later = base.filter(asked["rated"] < NEVER).with_columns(
        at=given["rated"],
        updated_at=given["rated"],
        score=given["verdict"],
        comment=given["remark"],
    )
    frame = pl.concat([base, later]).sort("at", "id")
    return table("zendesk_ratings", frame, plan.end)


def metric_events(plan: Plan, tickets: pl.DataFrame, block: int) -> pl.DataFrame:
    """Clocks of tickets: when each starts, pauses and has done."""
    # while the desk holds a ticket, its customer waits
    paused = tickets.with_columns(
        paused=pl.when(~pl.col("holds")).then("replied"),
        resumed=pl.when(~pl.col("holds")).then("answered"),
    )
    steps = [
        ("reply_time", "activate", "created", 1),
        ("requester_wait_time", "activate", "created", 1),
        ("agent_work_time", "activate", "assigned", 1),
        ("reply_time", "fulfill", "replied", 1),
        ("requester_wait_time", "pause", "paused", 1),
        ("agent_work_time", "pause", "replied", 1),
        ("requester_wait_time", "activate", "resumed", 1),
        ("agent_work_time", "activate", "answered", 1),
        ("requester_wait_time", "fulfill", "solved", 1),
        ("agent_work_time", "fulfill", "solved", 1),
        ("requester_wait_time", "activate", "reopened", 2),
        ("agent_work_time", "activate", "reopened", 2),
        ("requester_wait_time", "fulfill", "solved_again", 2),
        ("agent_work_time", "fulfill", "solved_again", 2),
    ]
    frames = [
        paused.filter(pl.col(at) < plan.end).select(
            at=at,
            ticket_id="id",
            metric=pl.lit(metric),
            instance_id=pl.lit(instance, dtype=pl.Int64),
            type=pl.lit(kind),
        )
        for metric, kind, at, instance in steps
    ]
    frame = pl.concat(frames).sort("at", "ticket_id", "metric", "type")
    ids: Ints = woven(METRICS_FROM, len(frame), block - 1, plan.config.blocks)
    return table("zendesk_metric_events", frame.with_columns(id=ids), plan.end)


def forgotten(rng: Generator, count: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which slips of personal data an agent takes out again."""
    return rng.random(count) < 0.6
