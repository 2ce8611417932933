"""Zendesk's comments and ticket events: what was said, what changed, what was taken out again."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from connectors.sandbox.company.help import CHANNELS
from connectors.sandbox.company.ids import woven
from connectors.sandbox.company.plan import DAY, HOUR, Plan
from connectors.sandbox.company.tables import Tables, table, texts
from connectors.sandbox.company.tickets import forgotten
from connectors.sandbox.company.timeline import CUSTOMER
from connectors.sandbox.company.words import voices

COMMENTS_FROM = 70_000_000
EVENTS_FROM = 900_000_000
_FIELDS = {
    "status": "status",
    "group": "group_id",
    "agent": "assignee_id",
    "score": "satisfaction_score",
    "requester": "requester_id",
}
_PRIVATE = ("note", "handover", "absorbed")
_BANKING = r"\b4000 0\d{3} \d{4} \d{4}\b|\bDE\d\d 9999"


def message_tables(
    plan: Plan, rng: Generator, tickets: pl.DataFrame, steps: pl.DataFrame, slots: pl.DataFrame,
    block: int,
) -> Tables:  # fmt: skip
    """Comments and events of a block; `slots` has a row per ticket."""
    place = tickets.select(
        ticket="id",
        place=pl.int_range(pl.len()),
        channel="channel",
        theme="theme",
        language="language",
        body="description",
        settled="settled",
    )
    steps = steps.join(place, on="ticket", how="left", maintain_order="left")
    steps = steps.filter(pl.col("at") < plan.end).with_columns(step=pl.int_range(pl.len()))
    said = (
        _said(rng, steps, slots)
        # solved without another word
        .filter(~(pl.col("settled") & (pl.col("says") == "solution")))
        .sort("at", "ticket")
        .with_columns(comment=pl.lit(None, dtype=pl.Int64))
    )
    said = said.with_columns(comment=woven(COMMENTS_FROM, len(said), block - 1, plan.config.blocks))
    secret = said.filter(pl.col("text").str.contains(_BANKING), pl.col("by") == CUSTOMER)
    secret = secret.filter(pl.Series(forgotten(rng, len(secret))))
    taken_out = plan.hours.add(secret["at"].to_numpy() + HOUR, rng.integers(HOUR, DAY, len(secret)))
    secret = secret.with_columns(at=taken_out, text=pl.col("text").str.replace_all(r"[0-9]", "▇"))
    return {
        "zendesk_comments": _comments(plan, said, secret),
        "zendesk_ticket_events": _events(plan, steps, said, secret, block),
    }


def _said(rng: Generator, steps: pl.DataFrame, slots: pl.DataFrame) -> pl.DataFrame:
    """The steps that leave a message, with its `text`."""
    parts = []
    for kind in (
        "first",
        "double",
        "callback",
        "note",
        "handover",
        "absorbed",
        "reply",
        "answer",
        "solution",
        "again",
    ):
        part = steps.filter(pl.col("says") == kind)
        language, theme = part["language"].to_numpy(), part["theme"].to_numpy()
        theirs = slots[part["place"].to_numpy()]
        if kind in {"first", "double", "callback"}:
            text = part["body"]
        elif kind in {"answer", "again"}:
            text = voices.short(rng, language, kind, theirs)
        elif kind == "reply":
            text = voices.reply(rng, language, theirs)
        elif kind == "solution":
            text = voices.solution(rng, language, theme, theirs)
        else:
            text = voices.note(rng, kind, theme, theirs)
        parts.append(part.with_columns(text=text))
    return pl.concat(parts)


def _comments(plan: Plan, said: pl.DataFrame, secret: pl.DataFrame) -> pl.DataFrame:
    author = pl.when(pl.col("by") == CUSTOMER).then("requester").otherwise("agent")
    written = said.select(
        "at",
        id="comment",
        ticket_id="ticket",
        author_id=author,
        body="text",
        public=~pl.col("says").is_in(_PRIVATE),
        channel=texts(list(CHANNELS), said["channel"].to_numpy()),
        created_at="at",
    )
    origin = secret.select(id="comment").join(
        written.drop("at", "body"), on="id", how="left", maintain_order="left"
    )
    redacted = origin.with_columns(at=secret["at"], body=secret["text"]).select(written.columns)
    frame = pl.concat([written, redacted]).sort("at", "id")
    return table("zendesk_comments", frame, plan.end)


def _events(
    plan: Plan, steps: pl.DataFrame, said: pl.DataFrame, secret: pl.DataFrame, block: int
) -> pl.DataFrame:
    whole = _children(steps, said, secret)
    group = np.cumsum(whole["step"].ne_missing(whole["step"].shift()).to_numpy()) - 1
    weave = plan.config.blocks + 1
    first = EVENTS_FROM + block - 1
    return table(
        "zendesk_ticket_events",
        {
            n: whole[n]
            for n in ("at", "event_type", "field", "previous_value", "value", "comment_id")
        }
        | {
            "id": first + group * 10 * weave,
            "child_id": first + 7_000_000_000 + np.arange(len(whole)) * weave,
            "ticket_id": whole["ticket"],
            "updater_id": whole["updater"],
            "channel": whole["via"],
        },
        plan.end,
    )


def _children(steps: pl.DataFrame, said: pl.DataFrame, secret: pl.DataFrame) -> pl.DataFrame:
    """Every child event, those of one step together."""
    channel = texts(list(CHANNELS), steps["channel"].to_numpy())
    updater = (
        pl.when(pl.col("by") == CUSTOMER)
        .then("requester")
        .when(pl.col("by") == 1)
        .then("agent")
        .otherwise(-1)
    )
    base = steps.with_columns(via=channel, updater=updater)
    children = [_changes(base, name, field) for name, field in _FIELDS.items()]
    spoken = said.join(
        base.select("step", "via", "updater"), on="step", how="left", maintain_order="left"
    )
    children.append(
        spoken.select(
            "step",
            "at",
            "ticket",
            "updater",
            "via",
            event_type=pl.lit("Comment"),
            comment_id="comment",
        )
    )
    taken = secret.select(
        "at", "ticket", step=-pl.col("comment"), updater="agent", via=pl.lit("web"),
        event_type=pl.lit("CommentRedactEvent"), comment_id="comment",
    )  # fmt: skip
    whole = pl.concat([*children, taken], how="diagonal")
    return whole.sort("at", "ticket", "step", "event_type", "field")


def _changes(base: pl.DataFrame, name: str, field: str) -> pl.DataFrame:
    """A child for each step that sets this field to something else."""
    # the steps of a ticket stand together
    first = pl.col("ticket").ne_missing(pl.col("ticket").shift())
    frame = base.with_columns(first=first, before=pl.when(~first).then(pl.col(name).shift()))
    frame = frame.filter(pl.col(name).is_not_null() & pl.col(name).ne_missing(pl.col("before")))
    return frame.select(
        "step", "at", "ticket", "updater", "via",
        event_type=pl.when("first").then(pl.lit("Create")).otherwise(pl.lit("Change")),
        field=pl.lit(field),
        previous_value=pl.col("before").cast(pl.String),
        value=pl.col(name).cast(pl.String),
    )  # fmt: skip
