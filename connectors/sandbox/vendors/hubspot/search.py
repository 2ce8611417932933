"""HubSpot's search: filters, one sort, and the limits that make connectors cut it into windows.

At most 200 results a page and 10,000 a query (then 400), five groups of six filters. Comparison
is by number where both sides are numbers, by time where the property is one, else by text.

Source: developers.hubspot.com/docs/api-reference/search/guide; the order without a sort (oldest
first) is documented there, the 400 body's wording is unverified.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

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


def search(world: World, call: Call, kind: Kind) -> Reply:
    """`POST /crm/v3/objects/{type}/search`."""
    sent = call.json()
    size = _whole(sent, "limit", 10, high=_PAGE)
    after = _whole(sent, "after", 0)
    if after + size > MOST:
        raise Refuse(Why.BAD_PARAMETER, f"paging beyond {MOST} results is not supported")
    rows = rows_of(world, kind)
    groups = sent.get("filterGroups") or []
    if len(groups) > _GROUPS or sum(len(g.get("filters", [])) for g in groups) > _FILTERS:
        raise Refuse(Why.BAD_PARAMETER, "filterGroups")
    if groups:
        rows = rows.filter(pl.any_horizontal(_group(kind, group) for group in groups))
    rows = _sorted(kind, rows, sent.get("sorts") or [])
    found = rows.slice(after, size)
    more = after + size < rows.height
    rest = {"paging": {"next": {"after": str(after + size)}}} if more else {}
    records = as_json(kind, found, wanted(kind, sent.get("properties") or []), links=[])
    keys = [(value,) for value in found["id"].to_list()]
    return listing("results", Rows(records, kind.table, keys), total=rows.height, **rest)


def _whole(sent: dict[str, Any], name: str, default: int, high: int | None = None) -> int:
    value = sent.get(name, default)
    text = str(default if value in {None, ""} else value)
    if isinstance(value, bool) or not text.isdecimal():
        raise Refuse(Why.BAD_PARAMETER, name)
    if high is not None and int(text) > high:
        raise Refuse(Why.BAD_PARAMETER, f"{name} may not exceed {high}")
    return int(text)


def _group(kind: Kind, group: dict[str, Any]) -> pl.Expr:
    return pl.all_horizontal(_filter(kind, one) for one in group.get("filters", []))


def _filter(kind: Kind, one: dict[str, Any]) -> pl.Expr:
    name = str(one.get("propertyName"))
    if name not in kind.properties:
        raise Refuse(Why.BAD_PARAMETER, f"There was a problem with the request: {name}")
    column = pl.col(f"p:{name}")
    operator = one.get("operator")
    if operator == "HAS_PROPERTY":
        return column.is_not_null()
    if operator == "NOT_HAS_PROPERTY":
        return column.is_null()
    if operator in {"IN", "NOT_IN"}:
        found = column.is_in([str(value) for value in one.get("values", [])])
        return found if operator == "IN" else ~found
    if operator == "CONTAINS_TOKEN":
        return column.str.to_lowercase().str.contains(
            str(one["value"]).strip("*").lower(), literal=True
        )
    return _compared(name, operator, one)


def _compared(name: str, operator: object, one: dict[str, Any]) -> pl.Expr:
    column, value = _comparable(name, one.get("value"))
    if operator == "BETWEEN":
        return (column >= value) & (column <= _comparable(name, one.get("highValue"))[1])
    if operator not in _COMPARE:
        raise Refuse(Why.BAD_PARAMETER, f"operator {operator}")
    return _COMPARE[str(operator)](column, value)


def _comparable(name: str, value: object) -> tuple[pl.Expr, pl.Expr]:
    """A property and a sent value in a form in which the two can be compared."""
    column, text = pl.col(f"p:{name}"), str(value)
    if name.endswith("date"):
        moment = column.str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="ms")
        return moment.dt.epoch("ms"), pl.lit(_milliseconds(text), pl.Int64)
    try:
        number = float(text)
    except ValueError:
        return column, pl.lit(text)
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


def _sorted(kind: Kind, rows: pl.DataFrame, sorts: list[Any]) -> pl.DataFrame:
    """By the sent property; of equal ones the order is the vendor's affair, here by id."""
    first = sorts[0] if sorts else {"propertyName": "createdate"}
    if isinstance(first, str):
        first = {"propertyName": first.lstrip("-"), "direction": "-"[: first.startswith("-")]}
    name = first.get("propertyName")
    if name not in kind.properties:
        raise Refuse(Why.BAD_PARAMETER, "sorts")
    down = first.get("direction") in {"DESCENDING", "-"}
    column = pl.col("id") if name == "hs_object_id" else pl.col(f"p:{name}")
    return rows.sort(column, "id", descending=[down, False], nulls_last=True)
