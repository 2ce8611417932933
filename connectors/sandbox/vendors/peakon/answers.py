"""Answers, each with its question, round and employee, in the order in which they were given.

Source: developer.peakon.com/reference/answers and the OpenAPI piece behind it. Unverified:
`continuation` as the name of the paging parameter.
"""

from __future__ import annotations

import polars as pl

from connectors.sandbox.vendors.protocol import Call, Refuse, Reply, Rows, Why
from connectors.sandbox.vendors.render import iso, record, texts
from connectors.sandbox.vendors.replies import listing
from connectors.sandbox.vendors.world import World

from .access import COMPANY, COMPANY_ID
from .people import address

_MOST = 20_000


_ROUND = 14


def answers(world: World, call: Call) -> Reply:
    """`GET /answers/export?per_page=`; goes on after the answer that `continuation` names."""
    if "per_page" not in call.query:
        raise Refuse(Why.BAD_PARAMETER, "per_page is required")
    size = call.whole("per_page", _MOST, low=1, high=_MOST)
    rows = _answers(world)
    begin = _after(rows, call)
    found = rows.slice(begin, size)
    more = begin + size < rows.height
    records = texts(found, _answer())
    keys = [(value,) for value in found["id"].to_list()]
    following = address(call, continuation=found["id"][-1]) if more else None
    links = {"first": address(call, continuation=None), "self": address(call), "next": following}
    return listing("data", Rows(records, "peakon_answers", keys), links=links)


def _answer() -> pl.Expr:
    text = pl.col("question_type") == "text"
    attributes = record(
        {
            "accountEmail": "email",
            "answerId": "id",
            "answerComment": "comment",
            "answerScore": "score",
            "answerText": pl.when(text).then("comment"),
            "categoryId": "driver",
            "categoryStandard": "driver",
            "employeeExternalId": "external_id",
            "employeeId": pl.col("employee_id").cast(pl.String),
            "questionId": pl.col("question_id").cast(pl.String),
            "questionText": "question_text",
            "questionType": "question_type",
            "responseAnsweredAt": iso("first"),
            "responseId": pl.col("round_id") * 1_000_000 + pl.col("employee_id"),
            "roundEnd": (pl.col("opened") + pl.duration(days=_ROUND)).dt.to_string("%Y-%m-%d"),
            "roundId": "round_id",
            "roundOpensAt": pl.col("opened").dt.to_string("%Y-%m-%d"),
            "scheduleContextName": pl.col("segment_name").fill_null(COMPANY),
        },
        {
            "answerLocale": "en",
            "answerSkipReason": None,
            "categoryGroup": "engagement",
            "companyId": COMPANY_ID,
            "roundType": "automatic",
            "scheduleId": 1,
        },
    )
    return record(
        {"id": pl.col("id").cast(pl.String), "type": pl.lit("answers_export")},
        {"attributes": attributes},
    )


def _answers(world: World) -> pl.DataFrame:
    """Answers in the order in which they were first given, with what is told beside them."""

    def make() -> pl.DataFrame:
        records = world.records
        rows = records.current("peakon_answers")
        people = records.current("peakon_employees").select(
            "external_id", "email", employee_id="id"
        )
        asked = records.current("peakon_questions").select(
            "driver", question_id="id", question_text="text", question_type="type"
        )
        teams = records.current("peakon_segments").select(segment_id="id", segment_name="name")
        return (
            rows.with_columns(opened=pl.col("first").min().over("round_id"))
            .join(people, on="employee_id", how="left")
            .join(asked, on="question_id", how="left")
            .join(teams, on="segment_id", how="left")
            .sort("first", "id")
        )

    return world.records.memo("peakon answers", make)


def _after(rows: pl.DataFrame, call: Call) -> int:
    if "continuation" not in call.query:
        return 0
    last = call.whole("continuation", 0)
    found = rows.with_row_index("n").filter(pl.col("id") == last)["n"]
    if found.is_empty():
        raise Refuse(Why.BAD_PARAMETER, "continuation")
    return int(found[0]) + 1
