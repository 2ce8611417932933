"""HubSpot's search: filters, one sort, and the limits that make connectors cut it into windows.

At most 200 results a page and 10,000 a query (then 400), five groups of six filters. Comparison
is by number where both sides are numbers, by time where the property is one, else by text.

Source: developers.hubspot.com/docs/api-reference/search/guide; the order without a sort (oldest
first) is documented there, the 400 body's wording is unverified.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
import polars as pl

from connectors.sandbox.vendors.protocol import Call, Refuse, Reply, Rows, Why
from connectors.sandbox.vendors.replies import listing
from connectors.sandbox.vendors.world import World

from .kinds import Kind
from .objects import as_json, rows_of, wanted

MOST = 10_000
_PAGE = 200
_GROUPS = 5
_FILTERS = 18
_COMPARE: dict[str, Callable[[pl.Expr, pl.Expr], pl.Expr]] = {
    "EQ": pl.Expr.eq,
    "NEQ": pl.Expr.ne_missing,
    "LT": pl.Expr.lt,
    "LTE": pl.Expr.le,
    "GT": pl.Expr.gt,
    "GTE": pl.Expr.ge,
}


class Filter(msgspec.Struct, rename="camel"):
    """One condition."""

    property_name: str
    operator: str
    value: str | float | bool | None = None
    high_value: str | float | None = None
    values: list[str | float] = []


class Group(msgspec.Struct):
    """Conditions of which all have to hold."""

    filters: list[Filter] = []


class Sort(msgspec.Struct, rename="camel"):
    """What to sort by."""

    property_name: str
    direction: Literal["ASCENDING", "DESCENDING"] = "ASCENDING"


class Query(msgspec.Struct, rename="camel"):
    """The body of a search; of the groups one has to hold, of the sorts the first counts."""

    filter_groups: Annotated[list[Group], msgspec.Meta(max_length=_GROUPS)] = []
    sorts: list[Sort] = []
    properties: list[str] = []
    limit: Annotated[int, msgspec.Meta(ge=0, le=_PAGE)] = 10
    after: str | int | None = None


def search(world: World, call: Call, kind: Kind) -> Reply:
    """`POST /crm/v3/objects/{type}/search`."""
    query = _query(call)
    after = int(query.after or 0)
    if after + query.limit > MOST:
        raise Refuse(Why.BAD_PARAMETER, f"paging beyond {MOST} results is not supported")
    rows = rows_of(world, kind)
    if query.filter_groups:
        rows = rows.filter(pl.any_horizontal(_group(kind, one) for one in query.filter_groups))
    rows = _sorted(kind, rows, query.sorts)
    found = rows.slice(after, query.limit)
    more = after + query.limit < rows.height
    rest = {"paging": {"next": {"after": str(after + query.limit)}}} if more else {}
    records = as_json(kind, found, wanted(kind, query.properties), links=[])
    keys = [(value,) for value in found["id"].to_list()]
    return listing("results", Rows(records, kind.table, keys), total=rows.height, **rest)


def _query(call: Call) -> Query:
    try:
        query = msgspec.json.decode(call.body or b"{}", type=Query)
    except ValueError as error:
        raise Refuse(Why.BAD_PARAMETER, str(error)) from error
    if not str(query.after or 0).isdecimal():
        raise Refuse(Why.BAD_PARAMETER, "after")
    if sum(len(group.filters) for group in query.filter_groups) > _FILTERS:
        raise Refuse(Why.BAD_PARAMETER, "too many filters")
    return query


def _group(kind: Kind, group: Group) -> pl.Expr:
    return pl.all_horizontal(pl.lit(value=True), *(_filter(kind, one) for one in group.filters))


def _filter(kind: Kind, one: Filter) -> pl.Expr:
    if one.property_name not in kind.properties:
        raise Refuse(Why.BAD_PARAMETER, f"Property {one.property_name} does not exist")
    column = pl.col(f"p:{one.property_name}")
    match one.operator:
        case "HAS_PROPERTY":
            return column.is_not_null()
        case "NOT_HAS_PROPERTY":
            return column.is_null()
        case "IN":
            return column.is_in([str(value) for value in one.values])
        case "NOT_IN":
            return ~column.is_in([str(value) for value in one.values])
        case "CONTAINS_TOKEN":
            token = str(one.value).strip("*").lower()
            return column.str.to_lowercase().str.contains(token, literal=True)
    return _compared(one)


def _compared(one: Filter) -> pl.Expr:
    column, value = _comparable(one.property_name, one.value)
    if one.operator == "BETWEEN":
        highest = _comparable(one.property_name, one.high_value)[1]
        return (column >= value) & (column <= highest)
    if one.operator not in _COMPARE:
        raise Refuse(Why.BAD_PARAMETER, f"operator {one.operator}")
    return _COMPARE[one.operator](column, value)


def _comparable(name: str, value: object) -> tuple[pl.Expr, pl.Expr]:
    """A property and a sent value in a form in which the two can be compared."""
    column, text = pl.col(f"p:{name}"), str(value)
    if name.endswith("date"):
        return pl.col(f"e:{name}"), pl.lit(_milliseconds(text), pl.Int64)
    try:
        number = float(text)
    except ValueError:
        return column, pl.lit(text)
    if name == "hs_object_id":
        return pl.col("id"), pl.lit(number)
    return column.cast(pl.Float64, strict=False), pl.lit(number)


def _milliseconds(text: str) -> int:
    """Epoch milliseconds as text, or an ISO time."""
    if text.lstrip("-").isdecimal():
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refuse(Why.BAD_PARAMETER, "value") from error
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def _sorted(kind: Kind, rows: pl.DataFrame, sorts: list[Sort]) -> pl.DataFrame:
    """By the sent property; of equal ones the order is the vendor's affair, here by id."""
    first = sorts[0] if sorts else Sort("createdate")
    name = first.property_name
    if name not in kind.properties:
        raise Refuse(Why.BAD_PARAMETER, f"Property {name} does not exist")
    column = pl.col(f"e:{name}" if name.endswith("date") else f"p:{name}")
    if name == "hs_object_id":
        column = pl.col("id")
    down = first.direction == "DESCENDING"
    return rows.sort(column, "id", descending=[down, False], nulls_last=True)
