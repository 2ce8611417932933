"""Qualtrics' part: invitations and their fate, responses, answers; edits and deletions later."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from connectors.sandbox.company.answers import answers
from connectors.sandbox.company.ids import coded, woven
from connectors.sandbox.company.plan import DAY, LANGUAGES, SEGMENTS, TOUCHPOINTS, Plan
from connectors.sandbox.company.surveys import SURVEY_IDS, distribution_ids
from connectors.sandbox.company.tables import Tables, table, texts

_LANGUAGES = [code.upper() for code in LANGUAGES]


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
        deleted_at=_some(plan, rng, there["completed"], 0.006, 25 * DAY),
        edited_at=_some(plan, rng, there["completed"], 0.012, 9 * DAY),
        id=there["response_id"],
    )
    said = slots.filter(asked["answered"])
    return {
        "qualtrics_invitations": _invitations(plan, asked),
        "qualtrics_responses": _responses(plan, there),
        "qualtrics_answers": answers(plan, rng, there, said),
    }, there


def _some(plan: Plan, rng: Generator, after: pl.Series, share: float, within: int) -> pl.Series:
    """A later moment for some, not while the tool is out, null for the others."""
    moment = after.to_numpy() + rng.integers(DAY, within, len(after))
    out = (moment >= plan.outage[0]) & (moment < plan.outage[1])
    later = pl.Series(np.where(out, moment + plan.outage[1] - plan.outage[0], moment))
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
        frames.append(table("qualtrics_invitations", frame, plan.end))
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
        "deleted": np.zeros(len(there), dtype=bool),
    }
    first = pl.DataFrame(base)
    edited = first.with_columns(at=there["edited_at"]).filter(pl.col("at").is_not_null())
    gone = first.with_columns(at=there["deleted_at"], deleted=True).filter(
        pl.col("at").is_not_null()
    )
    frames = [table("qualtrics_responses", f, plan.end) for f in (first, edited, gone)]
    return (
        pl.concat(frames)
        .sort("at", "response_id")
        .unique(["response_id", "at"], keep="last", maintain_order=True)
    )
