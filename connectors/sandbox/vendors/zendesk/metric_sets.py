"""Metric sets: what Zendesk measures of a ticket, side-loaded where `include=metric_sets` asks.

Definitions after the vendor's metrics reference: reply time to the first public comment of an agent
(of a ticket that an agent submitted the second), first resolution to the first solve, full
resolution to the last; requester wait in new, open and hold, agent wait in pending. Minutes are
whole. A resolution that is not, or not any more, is empty; so is a wait of which no stretch has
ended: both unverified. The business schedule of this account is the house's opening hours.

Source: developer.zendesk.com/api-reference/ticketing/tickets/ticket_metrics.
"""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl

from connectors.sandbox.company.hours import Hours
from connectors.sandbox.vendors.protocol import Call
from connectors.sandbox.vendors.render import encoded, epoch, joined, texts
from connectors.sandbox.vendors.world import World

from .tickets import ticket

_WAITS = {"requester_wait": ["new", "open", "hold"], "agent_wait": ["pending"], "on_hold": ["hold"]}
_METRICS = ("reply", "first_resolution", "full_resolution", *_WAITS)
_BOTH = ("calendar", "business")


def encode(world: World, call: Call, rows: pl.DataFrame) -> list[str]:
    """Tickets as JSON, each with its metric set if that was asked for."""
    if "metric_sets" not in call.query.get("include", "").split(","):
        return texts(rows, ticket(call))
    measured = rows.join(_measured(world), on="id", how="left", maintain_order="left")
    plain = ticket(call).str.strip_suffix("}")
    # Zendesk measures deleted tickets no more
    gone = pl.col("status") == "deleted"
    metrics = pl.when(gone).then(pl.lit("null")).otherwise(_metric_set())
    return texts(measured, joined(plain, ',"metric_set":', metrics, "}"))


def _metric_set() -> pl.Expr:
    parts: list[str | pl.Expr] = [
        '{"id":', (pl.col("id") + _IDS_FROM).cast(pl.String),
        ',"ticket_id":', pl.col("id").cast(pl.String),
    ]  # fmt: skip
    for metric in _METRICS:
        parts.append(f',"{metric}_time_in_minutes":{{')
        for number, hours in enumerate(_BOTH):
            parts += [f'{"," if number else ""}"{hours}":', encoded(pl.col(f"{metric}_{hours}"))]
        parts.append("}")
    return joined(*parts, "}")


_IDS_FROM = 900_000_000


def _measured(world: World) -> pl.DataFrame:
    """One row per ticket, minutes of each metric by the calendar and at work."""
    return world.records.memo("zendesk metric sets", lambda: _measure(world))


def _measure(world: World) -> pl.DataFrame:
    now = pl.lit(world.clock.now, pl.Datetime("us"))
    versions = world.records.versions("zendesk_tickets").filter(pl.col("at") <= now)
    states = (
        versions.filter(pl.col("status") != "deleted")
        .sort("id", "at", maintain_order=True)
        .filter((pl.col("status") != pl.col("status").shift().over("id")).fill_null(value=True))
        .with_columns(ended=pl.col("at").shift(-1).over("id"))
    )
    solved = pl.col("at").filter(pl.col("status") == "solved")
    ends = states.group_by("id").agg(
        pl.col("created_at").first(),
        pl.col("submitter_id", "requester_id").first(),
        first_solved=solved.min(),
        last_solved=solved.max(),
        last=pl.col("status").last(),
    )
    ends = ends.join(_replies(world), on="id", how="left")
    by_agent = (pl.col("submitter_id") != pl.col("requester_id")).fill_null(value=False)
    done = pl.col("last").is_in(["solved", "closed"])
    spans = pl.concat(
        [
            *(
                ends.select("id", metric=pl.lit(metric), begin="created_at", end=end)
                for metric, end in (
                    ("reply", pl.when(by_agent).then("second_reply").otherwise("first_reply")),
                    ("first_resolution", pl.col("first_solved")),
                    ("full_resolution", pl.when(done).then("last_solved")),
                )
            ),
            *(
                states.filter(pl.col("status").is_in(waits)).select(
                    "id", metric=pl.lit(metric), begin="at", end="ended"
                )
                for metric, waits in _WAITS.items()
            ),
        ]
    ).drop_nulls()
    return _minutes(spans, world.clock.now)


def _minutes(spans: pl.DataFrame, now: datetime) -> pl.DataFrame:
    first = spans["begin"].min()
    start = first if isinstance(first, datetime) else now
    hours = Hours(start.replace(tzinfo=UTC), now.replace(tzinfo=UTC))
    begin, end = (spans.select(epoch(name))[name].to_numpy() for name in ("begin", "end"))
    worked = spans.with_columns(
        calendar=pl.Series(end - begin),
        business=pl.Series(hours.clock(end) - hours.clock(begin)),
    )
    whole = worked.group_by("id", "metric").agg(pl.col(*_BOTH).sum() // 60)
    columns = {
        f"{metric}_{kind}": pl.col(kind).filter(pl.col("metric") == metric).first()
        for metric in _METRICS
        for kind in _BOTH
    }
    return whole.group_by("id").agg(**columns)


def _replies(world: World) -> pl.DataFrame:
    """When an agent first, and next, said something that the customer can read."""
    users = world.records.versions("zendesk_users")
    agents = users.filter(pl.col("role").is_in(["agent", "admin"]))["id"].unique()
    said = world.records.current("zendesk_comments").filter(
        pl.col("public") & pl.col("author_id").is_in(agents.implode())
    )
    times = pl.col("created_at").sort()
    return said.group_by(id="ticket_id").agg(
        first_reply=times.first(), second_reply=times.slice(1, 1).first()
    )
