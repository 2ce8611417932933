"""Peakon (Workday Employee Voice), as far as connectors read it: `/peakon/api/v1/…`.

An application key is exchanged at `POST /auth/application` for a token that dies by and by;
answers come 20,000 a page at most, each with its question, round and employee, in the order in
which they were given, `links.next` until it is null. Questions have no route of their own.

Sources: developer.peakon.com (authentication, answers/export, employees, segments) and the
OpenAPI pieces behind it. Unverified: `continuation` as the name of the paging parameter, the
relationships of employees beyond `account`, `separationDate`, bodies of refusals.
"""

from __future__ import annotations

import base64
import re
import secrets
import time
from urllib.parse import urlencode

import polars as pl

from . import credentials as known
from .limits import Window
from .protocol import Call, Refuse, Reply, Route, Vendor, Why, bearer, listing, respond
from .render import dumps, iso, joined, record, texts
from .world import World

COMPANY, COMPANY_ID = "Sandbox", 1
ANSWERS = "answers:read"
_MOST = 20_000
_LIST = 1000
_ROUND = 14

_ERRORS = {
    Why.UNKNOWN_PATH: (404, "Not Found"),
    Why.UNKNOWN_RECORD: (404, "Not Found"),
    Why.BAD_PARAMETER: (400, "Bad Request"),
    Why.NO_CREDENTIALS: (401, "Unauthorized"),
    Why.WRONG_CREDENTIALS: (401, "Unauthorized"),
    Why.EXPIRED: (401, "Token expired"),
    Why.MISSING_SCOPE: (403, "Forbidden"),
    Why.TOO_MANY: (429, "Too Many Requests"),
    Why.DAILY_QUOTA: (429, "Too Many Requests"),
    Why.SERVER_ERROR: (500, "Internal Server Error"),
}


def refuse(why: Refuse, _call: Call) -> Reply:
    """A refusal as JSON:API errors."""
    status, title = _ERRORS[why.why]
    status = why.status or status
    error = {"status": str(status), "title": title, "detail": why.detail or title}
    return respond({"errors": [error]}, status)


def authenticate(world: World, call: Call) -> Reply:
    """`POST /auth/application`: an unknown key is *not found* there."""
    key = call.json().get("token")
    if key not in {known.PEAKON_KEY, known.PEAKON_NARROW_KEY}:
        raise Refuse(Why.UNKNOWN_RECORD, "application integration not found")
    until = world.elapsed + world.settings.session_seconds
    payload = {
        "company": COMPANY_ID,
        "jti": secrets.token_hex(8),
        "exp": int(time.time() + world.settings.session_seconds),
    }
    parts = (_b64({"alg": "HS256", "typ": "JWT"}), _b64(payload), secrets.token_urlsafe(24))
    token = ".".join(parts)
    narrow = key == known.PEAKON_NARROW_KEY
    world.sessions.setdefault("peakon", {})[token] = (until, narrow)
    return respond({"data": {"type": "bearer_tokens", "id": token}, "included": []})


def scopes(world: World, call: Call, route: Route) -> frozenset[str]:
    """What a token may read, if it is alive."""
    if route.answer is authenticate:
        return frozenset()
    token = bearer(call)
    if token is None:
        raise Refuse(Why.NO_CREDENTIALS)
    session = world.sessions.get("peakon", {}).get(token)
    if session is None:
        raise Refuse(Why.WRONG_CREDENTIALS)
    until, narrow = session
    if world.elapsed >= until:
        raise Refuse(Why.EXPIRED)
    return frozenset() if narrow else frozenset({ANSWERS})


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
    following = _address(call, continuation=found["id"][-1]) if more else None
    links = {"first": _address(call, continuation=None), "self": _address(call), "next": following}
    return listing("data", (records, "peakon_answers", keys), links=links)


def employees(world: World, call: Call) -> Reply:
    """`GET /employees`."""
    rows = world.records.current("peakon_employees").sort("id")
    return _listed(call, rows, _employee(), "peakon_employees")


def employee(world: World, call: Call) -> Reply:
    """`GET /employees/{id}`."""
    rows = world.records.current("peakon_employees")
    found = rows.filter(pl.col("id").cast(pl.String) == call.params["id"])
    if found.is_empty():
        raise Refuse(Why.UNKNOWN_RECORD)
    return Reply(f'{{"data":{texts(found, _employee())[0]},"included":[]}}'.encode())


def segments(world: World, call: Call) -> Reply:
    """`GET /segments`: teams are segments of type `option`."""
    rows = world.records.current("peakon_segments").sort("id")
    attributes = record(
        {
            "identifier": pl.format("team_{}", "id"),
            "contextId": pl.format("segment_{}", "id"),
            "name": "name",
            "employeeCount": "headcount",
            "parentId": "parent_id",
            "touchpoint": "touchpoint",
        },
        {
            "type": "option",
            "logo": None,
            "standard": None,
            "benchmarkType": None,
            "benchmarkId": None,
            "abbreviation": None,
            "direct": False,
        },
    )
    segment = record(
        {"type": pl.lit("segments"), "id": pl.col("id").cast(pl.String)}, {"attributes": attributes}
    )
    return _listed(call, rows, segment, "peakon_segments")


def _employee() -> pl.Expr:
    name = pl.col("name").str.splitn(" ", 2)
    attributes = record(
        {
            "identifier": "external_id",
            "firstName": name.struct.field("field_0"),
            "lastName": name.struct.field("field_1"),
            "name": "name",
            "email": "email",
            "employmentStart": pl.col("started_at").dt.to_string("%Y-%m-%d"),
            "separationDate": pl.col("left_at").dt.to_string("%Y-%m-%d"),
        },
        {"avatar": None, "external": False},
    )
    relationships = joined(
        '{"account":{"data":{"type":"accounts","id":"',
        pl.col("id").cast(pl.String),
        '"}},',
        '"segments":{"data":',
        _link("segments", "segment_id", many=True),
        "},",
        '"manager":{"data":',
        _link("employees", "manager_id"),
        "}}",
    )
    return record(
        {"type": pl.lit("employees"), "id": pl.col("id").cast(pl.String)},
        {"attributes": attributes, "relationships": relationships},
    )


def _link(kind: str, column: str, *, many: bool = False) -> pl.Expr:
    one = joined(f'{{"type":"{kind}","id":"', pl.col(column).cast(pl.String), '"}')
    return joined("[", one.fill_null(""), "]") if many else one.fill_null("null")


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


def _listed(call: Call, rows: pl.DataFrame, element: pl.Expr, table: str) -> Reply:
    size = call.whole("per_page", _LIST, low=1, high=_LIST)
    page = call.whole("page", 1, low=1)
    found = rows.slice((page - 1) * size, size)
    keys = [(value,) for value in found["id"].to_list()]
    more = page * size < rows.height
    links = {
        "self": _address(call),
        "next": _address(call, page=page + 1) if more else None,
    }
    return listing("data", (texts(found, element), table, keys), included=[], links=links)


def _address(call: Call, **changes: object) -> str:
    query = {k: v for k, v in {**call.query, **changes}.items() if v is not None}
    return f"{call.base}{call.path}" + (f"?{urlencode(query)}" if query else "")


def _b64(value: object) -> str:
    return base64.urlsafe_b64encode(dumps(value).encode()).decode().rstrip("=")


VENDOR = Vendor(
    name="peakon",
    prefix="/peakon/api/v1",
    routes=[
        Route("/auth/application", authenticate, "POST"),
        Route("/answers/export", answers, scope=ANSWERS),
        Route("/employees", employees),
        Route("/employees/{id}", employee),
        Route("/segments", segments),
    ],
    scopes=scopes,
    refuse=refuse,
    windows=(Window("peakon", 60, re.compile(".*")),),
)
