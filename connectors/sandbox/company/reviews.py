"""App Store Connect's part: reviews, edited, answered and taken down."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from connectors.sandbox.company.ids import Ints, uuids, woven
from connectors.sandbox.company.plan import DAY, HOUR, TERRITORIES, Plan
from connectors.sandbox.company.tables import Tables, table, texts
from connectors.sandbox.company.versions import versions
from connectors.sandbox.company.words import voices


def reviewing(rng: Generator, people: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    """Orders whose customers write a review: users of the app, delighted or angry ones rather."""
    app = people["app"].gather(orders["row"]).to_numpy()
    felt = orders["felt"].to_numpy()
    chance = np.where(felt > 9, 0.045, np.where(felt < 5.5, 0.13, 0.015))
    written = orders.filter(pl.Series(app & (rng.random(len(orders)) < chance)))
    when = written["delivered"].to_numpy() + rng.integers(HOUR, 4 * DAY, len(written))
    return written.with_columns(written=when)


def review_tables(
    plan: Plan, rng: Generator, reviews: pl.DataFrame, people: pl.DataFrame,
    slots: pl.DataFrame, block: int,
) -> Tables:  # fmt: skip
    """Versions of reviews; `slots` has a row for each."""
    count = len(reviews)
    whom = people[reviews["row"].to_numpy()]
    language, theme = whom["language"].to_numpy(), reviews["theme"].to_numpy()
    felt = reviews["felt"].to_numpy()
    stars = np.clip(np.round((felt + rng.normal(0, 0.7, count)) / 2), 1, 5).astype(np.int64)
    good = stars >= 4
    number = woven(0, count, block - 1, plan.config.blocks)
    written = reviews["written"].to_numpy()
    body = voices.comment(rng, language, theme, np.where(good, 9.0, 4.0), slots)
    frame = pl.DataFrame(
        {
            "id": uuids(number, 53),
            "at": written,
            "rating": stars,
            "title": voices.title(rng, language, good, slots),
            "body": body,
            "nickname": _nicknames(rng, whom),
            "created_date": written,
            "territory": texts(list(TERRITORIES), whom["country"].to_numpy()),
            "gone": np.zeros(count, dtype=bool),
        }
    )
    later = _later(plan, rng, frame, (language, theme), slots)
    whole = versions([frame, *later], "id").sort("at", "id")
    return {"app_store_reviews": table("app_store_reviews", whole, plan.end)}


def _later(
    plan: Plan,
    rng: Generator,
    frame: pl.DataFrame,
    about: tuple[Ints, Ints],
    slots: pl.DataFrame,
) -> list[pl.DataFrame]:
    """The house answers some, some think again, some are taken down; `about` language and theme."""
    count, (language, theme) = len(frame), about
    written, stars = frame["at"].to_numpy(), frame["rating"].to_numpy()
    edited = rng.random(count) < 0.08
    replied = rng.random(count) < 0.35
    gone = rng.random(count) < 0.04
    answer = plan.hours.add(written + 6 * HOUR, rng.integers(HOUR, 4 * DAY // 3, count))
    reply = frame.select(
        "id",
        at=pl.Series(answer),
        response_id=frame["id"].str.slice(18)
        + frame["id"].str.slice(8, 10)
        + frame["id"].str.slice(0, 8),
        response_body=voices.review_reply(rng, language, slots),
        response_at=pl.Series(answer),
    ).filter(pl.Series(replied))
    better = np.clip(stars + rng.choice([-1, 1, 2], count), 1, 5)
    again = voices.comment(rng, language, theme, np.where(better >= 4, 9.0, 4.0), slots)
    edit = frame.select(
        "id",
        at=pl.Series(written + rng.integers(DAY, 25 * DAY, count)),
        rating=pl.Series(better),
        body=again,
    ).filter(pl.Series(edited))
    removed = frame.select(
        "id",
        at=pl.Series(written + rng.integers(20 * DAY, 60 * DAY, count)),
        gone=pl.lit(value=True),
    ).filter(pl.Series(gone))
    return [reply, edit, removed]


def _nicknames(rng: Generator, whom: pl.DataFrame) -> pl.Series:
    first, last = whom["first"], whom["last"]
    number = pl.Series(rng.integers(1, 99, len(whom))).cast(pl.String)
    style = pl.Series(rng.integers(0, 4, len(whom)))
    frame = pl.DataFrame({"f": first, "l": last, "n": number, "s": style, "c": whom["city"]})
    s = pl.col("s")
    return frame.select(
        pl.when(s == 0).then(pl.format("{}{}", "f", "n"))
        .when(s == 1).then(pl.format("{} {}.", "f", pl.col("l").str.slice(0, 1)))
        .when(s == 2).then(pl.format("tea_{}_{}", pl.col("c").str.to_lowercase(), "n"))
        .otherwise(pl.format("{}{}", pl.col("l").str.to_lowercase(), "n"))
    ).to_series()  # fmt: skip
