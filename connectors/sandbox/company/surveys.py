"""The house's surveys, their questions (one of which changes its scale), and their sendings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from connectors.sandbox.company.asked import TUESDAY_NINE, WEEK
from connectors.sandbox.company.ids import Ints, coded
from connectors.sandbox.company.plan import DAY, TOUCHPOINTS, Plan
from connectors.sandbox.company.tables import Tables, table

Choices = list[tuple[int, str]]
NPS: Choices = [(n, str(n)) for n in range(11)]
FIVE: Choices = list(enumerate(("Very unhappy", "Unhappy", "So-so", "Happy", "Very happy"), 1))
SEVEN: Choices = list(
    enumerate(
        (
            "Very unhappy",
            "Unhappy",
            "Rather unhappy",
            "So-so",
            "Rather happy",
            "Happy",
            "Very happy",
        ),
        1,
    )
)
EASY: Choices = list(enumerate((
    "Strongly disagree", "Disagree", "Somewhat disagree", "Neither", "Somewhat agree", "Agree",
    "Strongly agree",
), 1))  # fmt: skip
BEST: Choices = list(enumerate(("Speed", "Packaging", "Taste", "Price", "The sample"), 1))
STEPS: Choices = list(enumerate(("Choosing a tea", "The app", "The brewing guide"), 1))
_HOUSE = "Halm & Hour"


@dataclass(frozen=True)
class Question:
    """One question: its immutable id, what it measures, and how it is asked."""

    id: str
    measures: str  # nps, csat, ces, words, best, steps
    text: str
    type: str
    selector: str
    choices: Choices
    rows: Choices


def _nps(id_: str, about: str) -> Question:
    text = f"After {about}: how likely are you to recommend {_HOUSE} to a friend?"
    return Question(id_, "nps", text, "MC", "NPS", NPS, [])


def _words(id_: str) -> Question:
    return Question(id_, "words", "What is the main reason for your answer?", "TE", "ML", [], [])


def _csat(id_: str, about: str) -> Question:
    return Question(id_, "csat", f"How happy are you with {about}?", "MC", "SAVR", FIVE, [])


def _ces(id_: str) -> Question:
    text = f"{_HOUSE} made it easy to get my matter settled."
    return Question(id_, "ces", text, "MC", "SAVR", EASY, [])


QUESTIONS: dict[str, list[Question]] = {
    "delivery": [
        _nps("QID1", "this delivery"),
        _words("QID2"),
        _csat("QID3", "the delivery"),
        Question("QID4", "best", "What did you like best?", "MC", "MAVR", BEST, []),
    ],
    "support": [_ces("QID1"), _nps("QID2", "our help"), _words("QID3")],
    "onboarding": [
        _csat("QID1", "your first weeks with us"),
        Question("QID2", "steps", "How happy are you with …", "Matrix", "Likert", FIVE, STEPS),
        _nps("QID3", "your first weeks"),
        _words("QID4"),
    ],
    "renewal": [_nps("QID1", "half a year more"), _words("QID2")],
    "app": [_nps("QID1", "using the app"), _csat("QID2", "the app"), _words("QID3")],
    "billing": [_nps("QID1", "dealing with our bills"), _ces("QID2"), _words("QID3")],
}
"""By touchpoint. `csat` of delivery is asked on 1 to 5 first, on 1 to 7 later."""


def keys(question: Question) -> list[str]:
    """The keys under which its answers come."""
    if question.type == "Matrix":
        return [f"{question.id}_{code}" for code, _ in question.rows]
    return [f"{question.id}_TEXT" if question.type == "TE" else question.id]


SURVEY_IDS = coded("SV_", np.arange(len(TOUCHPOINTS)), 17).to_list()
_CREATED = 40 * DAY


def sendings(plan: Plan) -> Ints:
    """Every Tuesday on which surveys go out."""
    first = (plan.start - TUESDAY_NINE) // WEEK * WEEK + WEEK + TUESDAY_NINE
    all_of_them = np.arange(first, plan.end, WEEK)
    out = (all_of_them >= plan.outage[0]) & (all_of_them < plan.outage[1])
    return all_of_them[~out]


def distribution_ids(survey: Ints, sent: Ints, sms: Ints) -> pl.Series:
    """The sending by survey, Tuesday and channel: one for all blocks."""
    number = (sent - TUESDAY_NINE) // WEEK * 20 + survey * 2 + sms
    return coded("EMD_", number, 23)


def survey_tables(plan: Plan) -> Tables:
    """Surveys, questions and distributions: the same at every scale."""
    count = len(TOUCHPOINTS)
    surveys: dict[str, Any] = {
        "id": SURVEY_IDS,
        "at": np.full(count, plan.start),
        "name": [f"{_HOUSE}: {name}" for name in TOUCHPOINTS],
        "is_active": [True] * count,
        "created_at": np.full(count, plan.start - _CREATED),
        "last_modified": np.full(count, plan.start),
    }
    changed = {k: [v[0]] for k, v in surveys.items()} | {
        "at": [plan.scale_change],
        "last_modified": [plan.scale_change],
    }
    return {
        "qualtrics_surveys": pl.concat(
            [table("qualtrics_surveys", s, plan.end) for s in (surveys, changed)]
        ),
        "qualtrics_questions": _questions(plan),
        "qualtrics_distributions": _distributions(plan),
    }


def _questions(plan: Plan) -> pl.DataFrame:
    asked = [
        (number, plan.start, question)
        for number, name in enumerate(TOUCHPOINTS)
        for question in QUESTIONS[name]
    ]
    wider = next(q for q in QUESTIONS["delivery"] if q.measures == "csat")
    wider = Question(wider.id, wider.measures, wider.text, wider.type, wider.selector, SEVEN, [])
    asked.append((0, plan.scale_change, wider))
    rows = [
        {
            "survey_id": SURVEY_IDS[number],
            "question_id": q.id,
            "at": at,
            "tag": f"{TOUCHPOINTS[number]}_{q.measures}",
            "text": q.text,
            "type": q.type,
            "selector": q.selector,
            "choices": [{"code": code, "label": label} for code, label in q.choices],
            "rows": [{"code": code, "label": label} for code, label in q.rows],
        }
        for number, at, q in asked
    ]
    frame = {name: [row[name] for row in rows] for name in rows[0]}
    return table("qualtrics_questions", frame, plan.end)


def _distributions(plan: Plan) -> pl.DataFrame:
    sent = sendings(plan)
    kinds = [(survey, 0) for survey in range(len(TOUCHPOINTS))] + [(0, 1)]
    survey = np.repeat([kind[0] for kind in kinds], len(sent))
    sms = np.repeat([kind[1] for kind in kinds], len(sent))
    at = np.tile(sent, len(kinds))
    columns = {
        "id": distribution_ids(survey, at, sms),
        "at": at,
        "survey_id": pl.Series(SURVEY_IDS).gather(survey),
        "channel": pl.Series(["Email", "SMS"]).gather(sms),
        "sent_at": at,
    }
    return table("qualtrics_distributions", columns, plan.end).sort("at", "id")
