"""What is counted in each block, so that the truth of all of them is a sum."""

from __future__ import annotations

import polars as pl

from connectors.sandbox.company.asked import DELIVERY
from connectors.sandbox.company.block import Block
from connectors.sandbox.company.desk import CALLED_BACK, CALLED_BACK_UNTIL
from connectors.sandbox.company.plan import CHANGED_TEA, COUNTRIES, DAY, THEMES, TOUCHPOINTS, Plan
from connectors.sandbox.company.staff import Staff

Tallies = dict[str, pl.DataFrame]
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


def tallies(plan: Plan, staff: Staff, block: Block, known: pl.DataFrame) -> Tallies:
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
        "carrier": _before_and_after(plan, reached, block, plan.carrier),
        "welcome_box": _before_and_after(plan, reached, block, plan.welcome_box),
        "callback": _callback(plan, block),
        "taste": _taste(plan, block),
        "leavers": _leavers(plan, block),
        "response": _response(reached),
        "ratings": _ratings(plan, block, staff),
        "who": _who(block, known),
    }
    return {name: _summed(frame) for name, frame in named.items()}


def _month(at: str) -> pl.Expr:
    return pl.from_epoch(at, time_unit="s").dt.truncate("1mo").dt.date()


def _nps(prefix: str = "") -> dict[str, pl.Expr]:
    return {
        f"{prefix}promoters": (pl.col("nps") >= 9).cast(pl.Int64),
        f"{prefix}detractors": (pl.col("nps") <= 6).cast(pl.Int64),
        f"{prefix}total": pl.col("nps"),
    }


def _thousandths() -> pl.Expr:
    """What they felt, whole: sums must not depend on their order."""
    return (pl.col("said") * 1000).round().cast(pl.Int64)


def _one() -> pl.Expr:
    return pl.lit(1, dtype=pl.Int64)


def _answered(plan: Plan, block: Block, asked: pl.DataFrame) -> pl.DataFrame:
    there = block.responses.filter(
        pl.col("deleted_at").is_null() | (pl.col("deleted_at") >= plan.end)
    )
    there = asked.join(there.select("response_id"), on="response_id", how="semi")
    return there.select(
        "touchpoint",
        month=_month("completed"),
        n=_one(),
        n_finished=(~pl.col("partial")).cast(pl.Int64),
        **_nps(),
    )


def _asked(reached: pl.DataFrame) -> pl.DataFrame:
    return reached.select("touchpoint", month=_month("sent"), asked=_one(), **_nps("true_"))


def _drivers(reached: pl.DataFrame) -> pl.DataFrame:
    theme = pl.col("theme").replace_strict(dict(enumerate(THEMES)), return_dtype=pl.String)
    return reached.filter(pl.col("survey") == DELIVERY).select(
        n=_one(), said=_thousandths(), theme=theme, **_nps()
    )


def _before_and_after(plan: Plan, reached: pl.DataFrame, block: Block, start: int) -> pl.DataFrame:
    """Deliveries within a year around a start, by country."""
    del plan
    late = block.orders.select("order", "late")
    around = reached.filter(
        pl.col("survey") == DELIVERY,
        pl.col("sent").is_between(start - 365 * DAY, start + 365 * DAY),
    ).join(late, on="order", how="left")
    return around.select(
        country=pl.col("country").replace_strict(
            dict(enumerate(COUNTRIES)), return_dtype=pl.String
        ),
        period=pl.when(pl.col("sent") < start).then(pl.lit("before")).otherwise(pl.lit("after")),
        n=_one(),
        late=pl.col("late").cast(pl.Int64),
        said=_thousandths(),
        **_nps(),
    )


def _callback(plan: Plan, block: Block) -> pl.DataFrame:
    """Unhappy answers about deliveries since the start: their next answer, called back or not."""
    answers = (
        block.asked.filter("answered")
        .sort("row", "completed")
        .with_columns(following=pl.col("nps").shift(-1).over("row"))
    )
    unhappy = answers.filter(
        pl.col("survey") == DELIVERY, pl.col("nps") <= CALLED_BACK_UNTIL,
        pl.col("completed") >= plan.callback, pl.col("phone").is_not_null(),
    )  # fmt: skip
    rung = block.tickets.filter(pl.col("kind") == CALLED_BACK).select("order", called=pl.lit("yes"))
    unhappy = unhappy.join(rung, on="order", how="left").filter(pl.col("following").is_not_null())
    return unhappy.select(
        called=pl.col("called").fill_null("no"), n=_one(), first="nps", following="following"
    )


def _changed(group: pl.Expr) -> pl.Expr:
    return pl.when(group == CHANGED_TEA).then(pl.lit("changed tea")).otherwise(pl.lit("other teas"))


def _taste(plan: Plan, block: Block) -> pl.DataFrame:
    del plan
    mine = block.people["tea"].gather(block.orders["row"])
    return block.orders.with_columns(mine=mine).select(
        month=_month("at"),
        group=_changed(pl.col("mine")),
        orders=_one(),
        taste=pl.col("taste").cast(pl.Int64),
    )


def _leavers(plan: Plan, block: Block) -> pl.DataFrame:
    left = block.terms.filter(pl.col("kind") == 2, pl.col("at") < plan.end)
    mine = block.people["tea"].gather(left["row"])
    return left.with_columns(mine=mine).select(
        month=_month("at"), group=_changed(pl.col("mine")), left=_one()
    )


def _response(reached: pl.DataFrame) -> pl.DataFrame:
    felt = pl.when(pl.col("nps") >= 9).then(pl.lit("promoter")).when(pl.col("nps") >= 7)
    return reached.select(
        felt=felt.then(pl.lit("passive")).otherwise(pl.lit("detractor")),
        asked=_one(),
        answered=pl.col("answered").cast(pl.Int64),
    )


def _ratings(plan: Plan, block: Block, staff: Staff) -> pl.DataFrame:
    del staff
    done = block.tickets.filter(pl.col("kind") == 0, pl.col("ends") < plan.end)
    return done.select(
        agent="last_agent",
        solved=_one(),
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
        "mistyped_in_crm": int(people["mistyped"].sum()),
        "mistyped_at_desk": int(block.users["slip"].sum()),
        "namesakes_in_one_city": int(same["len"].sum()),
        "guests": int(people["guest"].sum()),
    }
    return pl.DataFrame({"what": list(counts), "n": list(counts.values())})
