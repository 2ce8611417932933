"""Customers and agents speaking: survey comments, letters to the help desk, answers, reviews."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator
from numpy.typing import NDArray

from connectors.sandbox.company.ids import Ints
from connectors.sandbox.company.plan import NONE, THEMES, TOUCHPOINTS
from connectors.sandbox.company.words.bank import Part, bank, say, staff_bank
from connectors.sandbox.company.words.slips import slip

Floats = NDArray[np.float64]
ONBOARDING, RENEWAL = TOUCHPOINTS.index("onboarding"), TOUCHPOINTS.index("renewal")
GLAD = 8.2
PRIVATE = 0.035


def _by_theme(part: str) -> Ints:
    return bank().numbers([f"{theme}.{part}" for theme in THEMES])


def comment(
    rng: Generator,
    language: Ints,
    theme: Ints,
    felt: Floats,
    slots: pl.DataFrame,
    about: Ints | None = None,
) -> pl.Series:
    """What somebody writes into a survey's box about what happened to them.

    `about` numbers the touchpoint, where nothing special happened and it has words of its own.
    """
    keys = bank().keys
    glad = (theme == NONE) & (felt >= GLAD)
    core = np.where(glad, keys["praise.core"], _by_theme("core")[theme])
    if about is not None:
        for number, name in ((ONBOARDING, "onboarding"), (RENEWAL, "renewal")):
            own = np.where(felt >= GLAD, keys[f"{name}.good"], keys[f"{name}.bad"])
            core = np.where((about == number) & (theme == NONE), own, core)
    more = np.where(glad, keys["praise.more"], _by_theme("more")[theme])
    close = np.where(glad, keys["survey.close_good"], keys["survey.close"])
    opening = np.where(glad, -1, keys["survey.open"])
    return _written(rng, language, (opening, core, more, close), slots)


def about_help(
    rng: Generator, language: Ints, good: NDArray[np.bool_], slots: pl.DataFrame
) -> pl.Series:
    """What somebody writes about the help they got, or did not get."""
    keys = bank().keys
    core = np.where(good, keys["helped.core"], keys["not_helped.core"])
    more = np.where(good, keys["helped.more"], keys["not_helped.more"])
    close = np.where(good, keys["survey.close_good"], keys["survey.close"])
    opening = np.where(good, -1, keys["survey.open"])
    return _written(rng, language, (opening, core, more, close), slots)


def _written(
    rng: Generator,
    language: Ints,
    keys: tuple[Ints, Ints, Ints, Ints],
    slots: pl.DataFrame,
) -> pl.Series:  # fmt: skip
    opening, core, more, close = keys
    parts = [
        Part(opening, 0.16),
        Part(core),
        Part(more, 0.66),
        Part(close, 0.15),
        Part("private", PRIVATE),
    ]
    text = say(rng, language, parts, slots)
    return slip(rng, language, text)


def letter(rng: Generator, language: Ints, theme: Ints, slots: pl.DataFrame) -> pl.Series:
    """The first message of a ticket."""
    known = theme != NONE
    parts = [
        Part("letter.open", 0.7),
        Part(_by_theme("ask")[theme], before="\n"),
        Part(np.where(known, _by_theme("core")[theme], -1), 0.5),
        Part(np.where(known, _by_theme("more")[theme], -1), 0.5),
        Part("private", PRIVATE * 2),
        Part("letter.close", 0.65, "\n"),
    ]
    return slip(rng, language, say(rng, language, parts, slots))


def subject(rng: Generator, language: Ints, theme: Ints, slots: pl.DataFrame) -> pl.Series:
    """A ticket's subject."""
    return slip(rng, language, say(rng, language, [Part(_by_theme("subject")[theme])], slots))


def short(rng: Generator, language: Ints, key: str, slots: pl.DataFrame) -> pl.Series:
    """A further message of a customer: `answer`, `again` or `double`."""
    parts = [Part("letter.open", 0.3), Part(key), Part("letter.close", 0.4, "\n")]
    return slip(rng, language, say(rng, language, parts, slots))


def reply(rng: Generator, language: Ints, slots: pl.DataFrame) -> pl.Series:
    """An agent's first answer."""
    return say(rng, language, _from_agent("agent.first"), slots)


def solution(rng: Generator, language: Ints, theme: Ints, slots: pl.DataFrame) -> pl.Series:
    """An agent's last answer."""
    key = bank().numbers([f"agent.{name}" for name in THEMES])[theme]
    return say(rng, language, _from_agent(key), slots)


def _from_agent(key: str | Ints) -> list[Part]:
    return [Part("agent.hello"), Part(key, before="\n"), Part("agent.bye", before="\n")]


_NOTES = {
    "note": [
        "Checked with the warehouse, they saw it.",
        "Customer is upset, please be quick.",
        "Third one like this today.",
        "Carrier asked, answer tomorrow.",
        "Refund goes through finance, ticket stays with me.",
        "See the last call.",
        "Batch number is on the picture.",
    ],
    "handover": [
        "Over to you, this is not ours.",
        "Moved: needs access to the invoices.",
        "Please take over, language.",
    ],
    "absorbed": ["Merged: same request as before.", "Double, merged into the first one."],
}
_THEME_NOTES = ["carrier", "packing", "picking", "tea buyers", "finance", "app team", "nobody"]


def note(rng: Generator, kind: str, theme: Ints, slots: pl.DataFrame) -> pl.Series:
    """A private note among colleagues, in the house's own English."""
    notes = pl.Series(_NOTES[kind])
    picked = notes.gather(rng.integers(0, len(notes), len(theme)))
    desk = pl.Series(_THEME_NOTES).gather(theme)
    about = pl.select(
        pl.format("{} ({}, {})", picked, slots["order"].fill_null("no order"), desk)
    ).to_series()
    return picked.zip_with(pl.Series(rng.random(len(theme)) < 0.4), about)


def pulse(rng: Generator, glad: NDArray[np.bool_], slots: pl.DataFrame) -> pl.Series:
    """What an employee writes beside a score; `slots` has the `team`."""
    keys = staff_bank().keys
    core = np.where(glad, keys["glad"], keys["sad"])
    parts = [Part(core), Part("more", 0.45)]
    return say(rng, np.zeros(len(glad), dtype=np.int64), parts, slots, staff_bank())


def call(rng: Generator, language: Ints, theme: Ints, slots: pl.DataFrame) -> pl.Series:
    """What is kept of a call: who rang, and what they said."""
    core = np.where(theme == NONE, -1, _by_theme("core")[theme])
    parts = [Part(_by_theme("ask")[theme]), Part(core, 0.7)]
    said = say(rng, language, parts, slots)
    return pl.select(pl.format("Call from {}\n{}", slots["caller"], said)).to_series()


def callback(rng: Generator, slots: pl.DataFrame) -> pl.Series:
    """What the agent writes down about having rung somebody up."""
    lines = pl.Series(
        [
            "Called back after the survey. Reached, listened, apologised.",
            "Callback: left a message.",
            "Callback done, customer was surprised.",
        ]
    )
    picked = lines.gather(rng.integers(0, len(lines), len(slots)))
    return pl.select(pl.format("{} ({})", picked, slots["order"].fill_null("-"))).to_series()


def title(
    rng: Generator, language: Ints, good: NDArray[np.bool_], slots: pl.DataFrame
) -> pl.Series:
    """A review's title."""
    keys = bank().keys
    key = np.where(good, keys["review.title_good"], keys["review.title_bad"])
    return slip(rng, language, say(rng, language, [Part(key)], slots))


def review_reply(rng: Generator, language: Ints, slots: pl.DataFrame) -> pl.Series:
    """What the house answers to a review."""
    return say(rng, language, [Part("review.reply")], slots)
