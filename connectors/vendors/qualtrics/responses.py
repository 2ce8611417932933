"""Responses and answers, and which columns of ours they fill."""

from __future__ import annotations

from datetime import datetime

import msgspec
import polars as pl

from connectors.records import NULL, Open, also
from connectors.stream import Column, Rows, Stream
from connectors.vendors.connector import Options
from connectors.vendors.mapping import given, plain, renamed

_ANSWER = r"^QID\d+"
DERIVED = "NPS_GROUP"
"""Ending of what Qualtrics works out of an answer."""

_CHANNELS = {
    "email": "email",
    "anonymous": "web",
    "preview": "web",
    "sms": "sms",
    "social": "social",
    "personal": "web",
}
_NOT_A_CUSTOMER = {1: "preview", 2: "preview", 9: "preview", 12: "preview", 16: "preview"}


class Values(Open, rename="camel"):
    """The fixed part of a response; its answers stand apart, see `exports`."""

    recorded_date: datetime
    start_date: datetime | None = None
    end_date: datetime | None = None
    status: int | None = None
    finished: int | None = None
    recipient_email: str | None = None
    external_data_reference: str | None = None
    distribution_channel: str | None = None
    user_language: str | None = None


@also("labels displayedFields displayedValues _embedded")
class Response(msgspec.Struct, rename="camel"):
    response_id: str
    values: Values
    answers: dict[str, msgspec.Raw] | None = msgspec.field(default=None, name="_answers")
    survey: str | None = msgspec.field(default=None, name="_survey")
    gone: bool = msgspec.field(default=False, name="_gone")
    lost: list[str] | None = msgspec.field(default=None, name="_lost")


def _question(key: pl.Expr) -> pl.Expr:
    return key.str.extract(r"^(QID\d+)")


def _item(key: pl.Expr) -> pl.Expr:
    """Row or choice; the words beside one are no second answer to it: `4_TEXT` beside `4`."""
    item = key.str.extract(r"^QID\d+_(.+)$").fill_null("")
    return pl.when(item != "TEXT").then(item).otherwise(pl.lit(""))


def _value(name: str) -> str:
    return f"values.{name}"


RESPONSES: dict[str, Column] = {
    "survey_id": "survey",
    "response_id": "response_id",
    "email": given(_value("recipient_email")),
    "external_id": given(_value("external_data_reference")),
    "started_at": _value("start_date"),
    "submitted_at": pl.coalesce(_value("end_date"), _value("recorded_date")),
    "status": pl.coalesce(
        pl.col(_value("status")).replace_strict(_NOT_A_CUSTOMER, default=None),
        pl.when(pl.col(_value("finished")) == 1)
        .then(pl.lit("completed"))
        .otherwise(pl.lit("partial")),
    ),
    "channel": renamed(_value("distribution_channel"), _CHANNELS, "other"),
    "language": given(_value("user_language")).str.to_lowercase(),
    # an edit keeps the date: the later load is the later version
    "updated_at": _value("recorded_date"),
    "_deleted": "gone",
}
_KEY = pl.col("answers.key")
_JSON = pl.col("answers.value")
_IS_LIST = _JSON.str.starts_with("[")
_OF: dict[str, Column] = {
    "survey_id": "survey",
    "response_id": "response_id",
    "answered_at": pl.coalesce(_value("end_date"), _value("recorded_date")),
    "updated_at": _value("recorded_date"),
    "_deleted": pl.lit(value=False),
}
_IS_ANSWER = _KEY.str.contains(_ANSWER) & ~_KEY.str.ends_with(DERIVED) & (_JSON != "null")
_IS_TEXT = _KEY.str.ends_with("_TEXT")
ANSWERS = Rows(
    each="answers",
    where=_IS_ANSWER & ~_IS_LIST,
    columns={
        **_OF,
        "question_id": _question(_KEY),
        "item_id": _item(_KEY),
        "value_number": _JSON.str.extract(r"^(-?\d+(?:\.\d+)?)$").cast(pl.Float64),
        "value_text": pl.when(_IS_TEXT).then(plain("answers.value")),
        "value_choice": pl.when(~_IS_TEXT & _JSON.str.starts_with('"')).then(
            plain("answers.value")
        ),
    },
)
TICKED = Rows(
    each="answers",
    # decoded only where there is a list: anything else would be refused
    over=pl.when(_IS_ANSWER & _IS_LIST)
    .then(_JSON)
    .otherwise(pl.lit("[]"))
    .str.json_decode(pl.List(pl.String)),
    columns={**_OF, "question_id": _question(_KEY), "item_id": "item", "value_choice": "item"},
)
LOST = Rows(
    # of a deleted response all answers, of an edited one those that it does not give any more
    over=pl.col("lost"),
    columns={
        **_OF,
        "question_id": _question(pl.col("item")),
        "item_id": _item(pl.col("item")),
        "_deleted": pl.lit(value=True),
    },
)


def responses(options: Options) -> Stream:
    """The stream, with the tenant's own embedded data as columns."""
    # the names of embedded data are the tenant's own, blanks and all
    own = [
        (f"own_{column}", msgspec.Raw, msgspec.field(default=NULL, name=name))
        for column, name in options.custom.items()
    ]
    values = msgspec.defstruct("Values", own, bases=(Values,), kw_only=True)
    record = msgspec.defstruct("Response", [("values", values)], bases=(Response,), kw_only=True)
    custom = {column: plain(_value(f"own_{column}")) for column in options.custom}
    return Stream(
        record,
        {"survey_responses": {**RESPONSES, **custom}, "survey_answers": [ANSWERS, TICKED, LOST]},
        left_out=frozenset({"displayedFields", "displayedValues"}),
    )
