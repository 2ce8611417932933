"""What is counted in each block, so that the truth of all of them is a sum."""

from __future__ import annotations

import polars as pl

from connectors.sandbox.company.asked import DELIVERY
from connectors.sandbox.company.block import Block
from connectors.sandbox.company.plan import CHANGED_TEA, THEMES, TOUCHPOINTS, Plan
from connectors.sandbox.company.truth.counts import Tallies, nps, one, thousandths
from connectors.sandbox.company.truth.initiatives import before_and_after, called_back

_COUNT = (
    "month",
    "touchpoint",
    "country",
    "period",
    "theme",
    "group",
    "agent",
    "called",
    "what",
    "felt",
)
"""Columns that are keys wherever they stand; all others are summed."""


def total(parts: list[Tallies]) -> Tallies:
    """Tallies of one name added up."""
    return {
        name: _summed(pl.concat([part[name] for part in parts if name in part]))
        for name in parts[-1]
    }


def _summed(frame: pl.DataFrame) -> pl.DataFrame:
    keys = [name for name in frame.columns if name in _COUNT]
    return frame.group_by(keys).agg(pl.exclude(keys).sum()).sort(keys)


def tallies(plan: Plan, block: Block, known: pl.DataFrame) -> Tallies:
    """All tallies of a block; `known` are its identities."""
    asked = block.asked.with_columns(
        touchpoint=pl.col("survey").replace_strict(
            dict(enumerate(TOUCHPOINTS)), return_dtype=pl.String
        )
    )
    reached = asked.filter(~pl.col("bounced"))
    named = {
        "answered": _answered(plan, block, asked),
        "asked": _asked(reached),
        "drivers": _drivers(reached),
        "carrier": before_and_after(reached, block, plan.carrier),
        "welcome_box": before_and_after(reached, block, plan.welcome_box),
        "callback": called_back(plan, block),
        "taste": _taste(block),
        "leavers": _leavers(plan, block),
        "response": _response(reached),
        "ratings": _ratings(plan, block),
        "who": _who(block, known),
    }
    return {name: _summed(frame) for name, frame in named.items()}


def _month(at: str) -> pl.Expr:
    return pl.from_epoch(at, time_unit="s").dt.truncate("1mo").dt.date()


def _answered(plan: Plan, block: Block, asked: pl.DataFrame) -> pl.DataFrame:
    there = block.responses.filter(
        pl.col("deleted_at").is_null() | (pl.col("deleted_at") >= plan.end)
    )
    there = asked.join(there.select("response_id"), on="response_id", how="semi")
    return there.select(
        "touchpoint",
        month=_month("completed"),
        n=one(),
        n_finished=(~pl.col("partial")).cast(pl.Int64),
        **nps(),
    )


def _asked(reached: pl.DataFrame) -> pl.DataFrame:
    return reached.select("touchpoint", month=_month("sent"), asked=one(), **nps("true_"))


def _drivers(reached: pl.DataFrame) -> pl.DataFrame:
    theme = pl.col("theme").replace_strict(dict(enumerate(THEMES)), return_dtype=pl.String)
    return reached.filter(pl.col("survey") == DELIVERY).select(
        n=one(), said=thousandths(), theme=theme, **nps()
    )


def _changed(group: pl.Expr) -> pl.Expr:
    return pl.when(group == CHANGED_TEA).then(pl.lit("changed tea")).otherwise(pl.lit("other teas"))


def _taste(block: Block) -> pl.DataFrame:
    mine = block.people["tea"].gather(block.orders["row"])
    return block.orders.with_columns(mine=mine).select(
        month=_month("at"),
        group=_changed(pl.col("mine")),
        orders=one(),
        taste=pl.col("taste").cast(pl.Int64),
    )


def _leavers(plan: Plan, block: Block) -> pl.DataFrame:
    left = block.terms.filter(pl.col("kind") == 2, pl.col("at") < plan.end)
    mine = block.people["tea"].gather(left["row"])
    return left.with_columns(mine=mine).select(
        month=_month("at"), group=_changed(pl.col("mine")), left=one()
    )


def _response(reached: pl.DataFrame) -> pl.DataFrame:
    felt = pl.when(pl.col("nps") >= 9).then(pl.lit("promoter")).when(pl.col("nps") >= 7)
    return reached.select(
        felt=felt.then(pl.lit("passive")).otherwise(pl.lit("detractor")),
        asked=one(),
        answered=pl.col("answered").cast(pl.Int64),
    )


def _ratings(plan: Plan, block: Block) -> pl.DataFrame:
    done = block.tickets.filter(pl.col("kind") == 0, pl.col("ends") < plan.end)
    return done.select(
        agent="last_agent",
        solved=one(),
        asked=(pl.col("offered") < plan.end).cast(pl.Int64),
        rated=(pl.col("rated") < plan.end).cast(pl.Int64),
        good=((pl.col("rated") < plan.end) & pl.col("good")).cast(pl.Int64),
        would_be_good=pl.col("good").cast(pl.Int64),
    )


def _who(block: Block, known: pl.DataFrame) -> pl.DataFrame:
    people = block.people
    same = people.group_by("first", "last", "city").len().filter(pl.col("len") > 1)
    groups = (
        known.drop_nulls("linkable").unique(["linkable", "kind", "ref"]).group_by("linkable").len()
    )
    pairs = groups.select(n=pl.col("len") * (pl.col("len") - 1) // 2)["n"].sum()
    counts = {
        "people": len(people),
        "references": len(known),
        "linkable_pairs": int(pairs),
        "families_on_one_phone": people.filter(pl.col("family") >= 0)["family"].n_unique(),
        "people_in_such_families": len(people.filter(pl.col("family") >= 0)),
        "shared_addresses": people["shared_email"].drop_nulls().n_unique(),
        "borrowed_addresses": len(
            known.filter(pl.col("system") == "shop", pl.col("kind") == "email").filter(
                ~pl.col("usable"), ~pl.col("shared")
            )
        ),
        "mistyped_in_crm": int(people["mistyped"].sum()),
        "mistyped_at_desk": int(block.users["slip"].sum()),
        "namesakes_in_one_city": int(same["len"].sum()),
        "guests": int(people["guest"].sum()),
    }
    return pl.DataFrame({"what": list(counts), "n": list(counts.values())})
