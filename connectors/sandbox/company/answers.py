"""What is answered to each question of a survey, and changed later."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.random import Generator

from connectors.sandbox.company.asked import SUPPORT
from connectors.sandbox.company.ids import Ints
from connectors.sandbox.company.plan import TOUCHPOINTS, Plan
from connectors.sandbox.company.surveys import QUESTIONS
from connectors.sandbox.company.tables import table
from connectors.sandbox.company.words import voices
from connectors.sandbox.company.words.bank import bank

COMMENTS = 0.62


def answers(plan: Plan, rng: Generator, there: pl.DataFrame, slots: pl.DataFrame) -> pl.DataFrame:
    """The block's answers; `there` are its responses, `slots` has a row for each."""
    language, theme = there["language"].to_numpy(), there["theme"].to_numpy()
    latent = there["latent"].to_numpy()
    survey = there["survey"].to_numpy()
    words = voices.comment(rng, language, theme, latent, slots, survey)
    help_words = voices.about_help(rng, language, latent >= 7, slots)
    words = words.zip_with(pl.Series(survey != SUPPORT), help_words)
    silent = (rng.random(len(there)) >= COMMENTS) | there["partial"].to_numpy()
    there = there.with_columns(words=words.set(pl.Series(silent), None))
    frames = []
    for number, name in enumerate(TOUCHPOINTS):
        part = there.filter(pl.col("survey") == number)
        for question in QUESTIONS[name]:
            frames += _answered(plan, rng, part, question.id, question.measures)
    frames.append(_edits(rng, there))
    columns = ["response_id", "at", "key", "value_number", "value_text"]
    whole = pl.concat([frame.select(columns) for frame in frames])
    return table("qualtrics_answers", whole, plan.end).sort("at", "response_id", "key")


def _answered(
    plan: Plan, rng: Generator, part: pl.DataFrame, id_: str, measures: str
) -> list[pl.DataFrame]:
    done = part.filter(~pl.col("partial"))
    if measures == "nps":
        return [_row(part, id_, part["nps"])]
    if measures == "words":
        spoken = part.filter(pl.col("words").is_not_null())
        return [_row(spoken, f"{id_}_TEXT", None, spoken["words"])]
    if measures == "best":
        liked = rng.random((len(done), 5)) < np.array([0.4, 0.25, 0.6, 0.15, 0.2])
        liked[:, 2] |= ~liked.any(axis=1)
        codes = [np.where(liked[:, n], f"{n + 1},", "") for n in range(5)]
        text = pl.DataFrame({str(n): c for n, c in enumerate(codes)}).select(
            pl.concat_str(pl.all()).str.strip_chars_end(",")
        )
        return [_row(done, id_, None, text.to_series())]
    if measures == "steps":
        return [_row(done, f"{id_}_{n}", _scaled(rng, done, 5)) for n in (1, 2, 3)]
    top = 7 if measures == "ces" else 5
    score = _scaled(rng, done, top)
    if measures == "csat" and id_ == "QID3":
        wide = done["completed"].to_numpy() >= plan.scale_change
        score = np.where(wide, _scaled(rng, done, 7), score)
    return [_row(done, id_, pl.Series(score))]


def _scaled(rng: Generator, part: pl.DataFrame, top: int) -> Ints:
    """What they feel in points of 0 to 10, as an answer from 1 to `top`."""
    said = (part["latent"].to_numpy() + rng.normal(0, 0.8, len(part))).clip(0, 9.999)
    return 1 + (said / 10 * top * 0.999 + 0.25).clip(0, top - 0.001).astype(np.int64)


def _row(part: pl.DataFrame, key: str, number: Any, text: Any = None) -> pl.DataFrame:  # noqa: ANN401
    return part.select(
        "response_id",
        at="completed",
        key=pl.lit(key),
        value_number=pl.lit(number).cast(pl.Float64)
        if number is None
        else pl.Series(number).cast(pl.Float64),
        value_text=pl.lit(text, dtype=pl.String) if text is None else text,
    )


def _edits(rng: Generator, there: pl.DataFrame) -> pl.DataFrame:
    """Somebody adds to what they wrote."""
    edited = there.filter(pl.col("edited_at").is_not_null() & pl.col("words").is_not_null())
    added = bank().pick(rng, edited["language"].to_numpy(), "survey.close")
    keys = {
        n: next(q.id for q in QUESTIONS[t] if q.measures == "words")
        for n, t in enumerate(TOUCHPOINTS)
    }
    return edited.select(
        "response_id",
        at="edited_at",
        key=pl.col("survey").replace_strict(keys, return_dtype=pl.String) + "_TEXT",
        value_number=pl.lit(None, dtype=pl.Float64),
        value_text=pl.col("words") + " PS: " + added,
    )
