"""The questions that Qualtrics' surveys ask, in the contracts' terms."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec
import polars as pl

from connectors.records import NULL, also
from connectors.stream import Rows, Stream
from connectors.vendors.reading import one

_TAG = re.compile(r"<[^>]+>")
_ITEM = pl.Struct(
    {
        "question_id": pl.String,
        "item_id": pl.String,
        "question_text": pl.String,
        "item_text": pl.String,
        "question_type": pl.String,
        "scale_min": pl.Float64,
        "scale_max": pl.Float64,
        "position": pl.Int64,
    }
)
_LISTS = ("MAVR", "MAHR", "MACOL", "MSB")
"""Selectors of questions that take several choices."""


@also(
    "ownerId organizationId isActive creationDate expiration exportColumnMap blocks flow "
    "embeddedData comments loopAndMerge responseCounts"
)
class Survey(msgspec.Struct, rename="camel"):
    id: str
    name: str | None = None
    last_modified_date: datetime | None = None
    questions: msgspec.Raw = NULL


class _Choice(msgspec.Struct, rename="camel"):
    recode: str | int | float | None = None
    choice_text: str | None = None


class _Kind(msgspec.Struct):
    type: str | None = None
    selector: str | None = None


class _Question(msgspec.Struct, rename="camel"):
    question_type: _Kind = msgspec.field(default_factory=_Kind)
    question_text: str | None = None
    choices: dict[str, _Choice] | None = None
    sub_questions: dict[str, _Choice] | None = None


def _items(text: str) -> list[dict[str, Any]]:
    """Rows of one survey's questions: each question, and each row of a grid or choice of a list."""
    asked = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    # a question of a shape of its own is a question all the same, of the type "other"
    read = [(key, one(definition, _Question) or _Question()) for key, definition in asked.items()]
    return [row for at, (key, q) in enumerate(read, 1) for row in _rows(at, key, q)]


def _rows(position: int, key: str, question: _Question) -> Iterator[dict[str, Any]]:
    lowest, highest = _scale(question)
    row = {
        "question_id": key,
        "item_id": "",
        "question_text": _plain(question.question_text),
        "item_text": None,
        "question_type": _type(question),
        "scale_min": lowest,
        "scale_max": highest,
        "position": position,
    }
    yield row
    is_list = question.question_type.selector in _LISTS
    items: Mapping[str, _Choice] = (question.choices if is_list else question.sub_questions) or {}
    for item, choice in items.items():
        yield row | {"item_id": item, "item_text": _plain(choice.choice_text)}


def _type(question: _Question) -> str:
    kind = question.question_type
    if kind.selector == "NPS":
        return "nps"
    if kind.selector in _LISTS:
        return "multi_choice"
    if kind.type == "TE":
        return "text"
    if kind.type in ("MC", "Matrix", "Slider"):
        return "rating" if _scale(question)[0] is not None else "choice"
    return "other"


def _scale(question: _Question) -> tuple[float | None, float | None]:
    """Ends of the scale, where the choices are coded as numbers."""
    if question.question_type.selector == "NPS":
        return 0.0, 10.0
    choices = question.choices or {}
    codes = [str(choice.recode or code) for code, choice in choices.items()]
    if not codes or not all(code.lstrip("-").isdecimal() for code in codes):
        return None, None
    numbers = [float(code) for code in codes]
    return min(numbers), max(numbers)


def _plain(text: str | None) -> str | None:
    return None if text is None else _TAG.sub("", text).strip()


def _item(name: str) -> pl.Expr:
    return pl.col("item").struct.field(name)


QUESTIONS = Stream(
    record=Survey,
    tables={
        "survey_questions": Rows(
            over=pl.col("questions").map_elements(_items, return_dtype=pl.List(_ITEM)),
            columns={
                "survey_id": "id",
                "survey_name": "name",
                **{field.name: _item(field.name) for field in _ITEM.fields},
                "updated_at": "last_modified_date",
            },
        )
    },
    # a definition is long, and would stand in each of its questions
    left_out=frozenset(
        {"exportColumnMap", "blocks", "flow", "embeddedData", "comments", "loopAndMerge"}
        | {"responseCounts", "expiration"}
    ),
)
