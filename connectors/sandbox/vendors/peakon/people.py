"""Employees and segments (teams), as JSON:API resources.

Source: developer.peakon.com (employees, segments) and the OpenAPI pieces behind it. Unverified:
relationships beyond `account`, `separationDate`, `employeeCount`, a team's `touchpoint`.
"""

from __future__ import annotations

from urllib.parse import urlencode

import polars as pl

from connectors.sandbox.vendors.protocol import Call, Refuse, Reply, Rows, Why
from connectors.sandbox.vendors.render import joined, record, texts
from connectors.sandbox.vendors.replies import listing
from connectors.sandbox.vendors.world import World

_LIST = 1000


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


def _listed(call: Call, rows: pl.DataFrame, element: pl.Expr, table: str) -> Reply:
    size = call.whole("per_page", _LIST, low=1, high=_LIST)
    page = call.whole("page", 1, low=1)
    found = rows.slice((page - 1) * size, size)
    keys = [(value,) for value in found["id"].to_list()]
    more = page * size < rows.height
    links = {
        "self": address(call),
        "next": address(call, page=page + 1) if more else None,
    }
    return listing("data", Rows(texts(found, element), table, keys), included=[], links=links)


def address(call: Call, **changes: object) -> str:
    """The address of a call with some parameters changed, those changed to None left out."""
    query = {k: v for k, v in {**call.query, **changes}.items() if v is not None}
    return f"{call.base}{call.path}" + (f"?{urlencode(query)}" if query else "")
