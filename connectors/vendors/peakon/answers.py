"""Answers of employees, each with its question, and never with a name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import msgspec

from connectors.cursors import Batch
from connectors.http import Api
from connectors.records import also
from connectors.stream import Column, Hashed, Rows, Stream
from connectors.vendors.mapping import given, renamed, text
from connectors.vendors.peakon.pages import Page

_PAGE = 1000
_TYPES = {
    "scale": "rating",
    "likert": "rating",
    "text": "text",
    "open": "text",
    "multiple-choice": "choice",
    "choice": "choice",
    "number": "number",
}


@also(
    "answerText answerLocale answerSkipReason categoryGroup categoryId companyId "
    "responseId roundEnd roundOpensAt roundType scheduleId accountEmail employeeExternalId"
)
class Answer(msgspec.Struct, rename="camel"):
    answer_id: int
    employee_id: str
    question_id: str
    round_id: int
    response_answered_at: datetime
    answer_score: float | None = None
    answer_comment: str | None = None
    question_text: str | None = None
    question_type: str | None = None
    category_standard: str | None = None
    schedule_context_name: str | None = None


class AnswerExport(msgspec.Struct):
    id: str
    attributes: Answer
    type: str | None = None


def _answer(name: str) -> str:
    return f"attributes.{name}"


_KEYS: Mapping[str, Column] = {
    "pulse_id": text(_answer("round_id")),
    "question_id": _answer("question_id"),
}
ANSWERS = Stream(
    record=AnswerExport,
    tables={
        "pulse_answers": {
            **_KEYS,
            "respondent_hash": Hashed(_answer("employee_id")),
            "team_ref": _answer("schedule_context_name"),
            "value_number": _answer("answer_score"),
            "value_text": given(_answer("answer_comment")),
            "answered_at": _answer("response_answered_at"),
            "updated_at": _answer("response_answered_at"),
        },
        "pulse_questions": Rows(
            distinct=True,
            columns={
                **_KEYS,
                "question_text": _answer("question_text"),
                "question_type": renamed(_answer("question_type"), _TYPES, "other"),
                "driver": _answer("category_standard"),
            },
        ),
    },
    left_out=frozenset({_answer("accountEmail"), _answer("employeeExternalId")}),
)


def answers(api: Api, after: str | None, _since: datetime) -> Batch:
    """A page of answers, oldest first; the last page is read again until it is full."""
    page = api.get("answers/export", Page, per_page=_PAGE, continuation=after)
    following = page.links.next and parse_qs(urlsplit(page.links.next).query)["continuation"][0]
    return Batch(page.data, next=following, done=following is None)
