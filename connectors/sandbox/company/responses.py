"""Qualtrics' part: invitations and their fate, responses, answers; edits and deletions later."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.random import Generator

from connectors.sandbox.company.asked import SUPPORT
from connectors.sandbox.company.ids import Ints, coded, woven
from connectors.sandbox.company.plan import DAY, LANGUAGES, SEGMENTS, TOUCHPOINTS, Plan
from connectors.sandbox.company.surveys import QUESTIONS, SURVEY_IDS, distribution_ids
from connectors.sandbox.company.tables import Tables, table, texts
from connectors.sandbox.company.words import voices

_LANGUAGES = [code.upper() for code in LANGUAGES]
COMMENTS = 0.62


def number_responses(plan: Plan, asked: pl.DataFrame, block: int) -> pl.DataFrame:
    """With `response_id` (null where nothing came back), `distribution_id`, `survey_id`."""
    number = woven(0, len(asked), block - 1, plan.config.blocks)
    survey, sms = asked["survey"].to_numpy(), asked["sms"].to_numpy().astype(np.int64)
    response = coded("R_", number, 31).set(~asked["answered"], None)
    return asked.with_columns(
        response_id=response,
        distribution_id=distribution_ids(survey, asked["sent"].to_numpy(), sms),
        survey_id=texts(SURVEY_IDS, survey),
    )


def contact_ids(person: pl.Series) -> pl.Series:
    """How the survey tool knows people."""
    return coded("CID_", person.to_numpy(), 41)


def response_tables(
    plan: Plan, rng: Generator, asked: pl.DataFrame, people: pl.DataFrame, slots: pl.DataFrame
) -> tuple[Tables, pl.DataFrame]:
    """The block's invitations, responses and answers; and the responses with `deleted` of each.

    `asked` as numbered, `slots` with a row for each of its rows.
    """
    whom = people[asked["row"].to_numpy()]
    asked = asked.with_columns(
        contact_id=contact_ids(whom["person"]),
        email=whom["crm_email"],
        reference=whom["crm_number"],
    )
    there = asked.filter("answered")
    there = there.with_columns(
        deleted_at=_some(rng, there["completed"], 0.006, 25 * DAY),
        edited_at=_some(rng, there["completed"], 0.012, 9 * DAY),
        id=there["response_id"],
    )
    said = slots.filter(asked["answered"])
    return {
        "qualtrics_invitations": _invitations(plan, asked),
        "qualtrics_responses": _responses(plan, there),
        "qualtrics_answers": _answers(plan, rng, there, said),
    }, there


def _some(rng: Generator, after: pl.Series, share: float, within: int) -> pl.Series:
    """A later moment for some, null for the others."""
    later = after + pl.Series(rng.integers(DAY, within, len(after)))
    return later.set(pl.Series(rng.random(len(after)) >= share), None)


def _invitations(plan: Plan, asked: pl.DataFrame) -> pl.DataFrame:
    steps = [
        ("sent", "Success", ~pl.col("bounced"), ()),
        ("sent", "HardBounce", pl.col("bounced"), ()),
        ("opened", "Opened", pl.col("opens"), ("opened_at",)),
        ("started", "SurveyStarted", pl.col("answered"), ("opened_at", "started_at")),
        (
            "completed",
            "SurveyFinished",
            pl.col("answered") & ~pl.col("partial"),
            ("opened_at", "started_at", "completed_at", "response_id"),
        ),
    ]
    moments = {
        "opened_at": pl.col("opened"),
        "started_at": pl.col("started"),
        "completed_at": pl.col("completed"),
        "response_id": pl.col("response_id"),
    }
    frames = []
    for at, status, who, known in steps:
        frame = asked.filter(who).select(
            "distribution_id", "contact_id", "survey_id",
            at=pl.col(at),
            email=pl.when("sms").then(None).otherwise("email"),
            phone=pl.when("sms").then("phone"),
            external_data_reference="reference",
            status=pl.lit(status),
            sent_at="sent",
            **{name: moments[name] for name in known},
        )  # fmt: skip
        frames.append(table("qualtrics_invitations", _columns(frame), plan.end))
    return pl.concat(frames).sort("at", "contact_id")


def _responses(plan: Plan, there: pl.DataFrame) -> pl.DataFrame:
    base = {
        "response_id": there["response_id"],
        "at": there["completed"],
        "survey_id": there["survey_id"],
        "start_date": there["started"],
        "end_date": there["completed"],
        "recorded_date": there["completed"],
        "finished": ~there["partial"],
        "progress": pl.select(pl.when(there["partial"]).then(50).otherwise(100)).to_series(),
        "status": pl.repeat(0, len(there), eager=True),
        "distribution_channel": pl.select(
            pl.when(there["sms"]).then(pl.lit("sms")).otherwise(pl.lit("email"))
        ).to_series(),
        "distribution_id": there["distribution_id"],
        "user_language": texts(_LANGUAGES, there["language"].to_numpy()),
        "recipient_email": there["email"],
        "external_data_reference": there["reference"],
        "touchpoint": texts(list(TOUCHPOINTS), there["survey"].to_numpy()),
        "segment": texts(list(SEGMENTS), there["segment"].to_numpy()),
        "deleted": pl.repeat(False, len(there), eager=True),  # noqa: FBT003 - a value
    }
    first = pl.DataFrame(base)
    edited = first.with_columns(at=there["edited_at"]).filter(pl.col("at").is_not_null())
    gone = first.with_columns(at=there["deleted_at"], deleted=True).filter(
        pl.col("at").is_not_null()
    )
    frames = [table("qualtrics_responses", _columns(f), plan.end) for f in (first, edited, gone)]
    return (
        pl.concat(frames)
        .sort("at", "response_id")
        .unique(["response_id", "at"], keep="last", maintain_order=True)
    )


def _answers(plan: Plan, rng: Generator, there: pl.DataFrame, slots: pl.DataFrame) -> pl.DataFrame:
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
    frames.append(_edits(there))
    columns = ["response_id", "at", "key", "value_number", "value_text"]
    return table(
        "qualtrics_answers", _columns(pl.concat([f.select(columns) for f in frames])), plan.end
    ).sort("at", "response_id", "key")


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


def _edits(there: pl.DataFrame) -> pl.DataFrame:
    """Somebody adds to what they wrote."""
    edited = there.filter(pl.col("edited_at").is_not_null() & pl.col("words").is_not_null())
    keys = {
        n: next(q.id for q in QUESTIONS[t] if q.measures == "words")
        for n, t in enumerate(TOUCHPOINTS)
    }
    return edited.select(
        "response_id",
        at="edited_at",
        key=pl.col("survey").replace_strict(keys, return_dtype=pl.String) + "_TEXT",
        value_number=pl.lit(None, dtype=pl.Float64),
        value_text=pl.col("words") + " (PS: ok now)",
    )


def _columns(frame: pl.DataFrame) -> dict[str, pl.Series]:
    return {name: frame[name] for name in frame.columns}
