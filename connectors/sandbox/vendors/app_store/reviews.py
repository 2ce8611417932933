"""Customer reviews and the developer's responses, in JSON:API.

A review has no date of change and no version: an edited one keeps `createdDate`, one taken down
vanishes. Times carry Pacific offsets as in Apple's examples.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from urllib.parse import urlencode

import polars as pl

from connectors.sandbox.vendors import credentials as known
from connectors.sandbox.vendors.protocol import Call, Page, Refuse, Reply, Why
from connectors.sandbox.vendors.render import dumps, joined, record, texts
from connectors.sandbox.vendors.replies import respond
from connectors.sandbox.vendors.world import World

_PAGE = 50


_MOST = 200


_PARAMETERS = {
    "sort",
    "limit",
    "include",
    "cursor",
    "filter[rating]",
    "filter[territory]",
    "exists[publishedResponse]",
    "fields[customerReviews]",
    "fields[customerReviewResponses]",
}


_SORTS = {"createdDate": "created_date", "rating": "rating"}


def apps(_world: World, call: Call) -> Reply:
    """`GET /v1/apps`: the one app."""
    attributes = {"name": "Sandbox", "bundleId": "example.sandbox", "sku": "SANDBOX"}
    app = {"type": "apps", "id": known.APP_STORE_APP_ID, "attributes": attributes}
    return respond({"data": [app], "links": {"self": call.base + call.path}})


def reviews(world: World, call: Call) -> Reply:
    """`GET /v1/apps/{id}/customerReviews`."""
    app = call.params["id"]
    if app != known.APP_STORE_APP_ID:
        raise Refuse(Why.UNKNOWN_RECORD, f"There is no resource of type 'apps' with id '{app}'")
    for name in set(call.query) - _PARAMETERS:
        raise Refuse(Why.BAD_PARAMETER, f"The parameter '{name}' can not be used with this request")
    size = call.whole("limit", _PAGE, low=1, high=_MOST)
    begin = _offset(call)
    rows = _chosen(world, call)
    found = rows.slice(begin, size)
    more = begin + size < rows.height
    links = {"self": call.base + call.path}
    if more:
        query = urlencode({**call.query, "cursor": _cursor(begin + size)})
        links["next"] = f"{call.base}{call.path}?{query}"
    rest: dict[str, object] = {"links": links}
    rest["meta"] = {"paging": {"total": rows.height, "limit": size}}
    return _listed(call, found, rest)


def review(world: World, call: Call) -> Reply:
    """`GET /v1/customerReviews/{id}`."""
    rows = _visible(world).filter(pl.col("id") == call.params["id"])
    if rows.is_empty():
        raise Refuse(Why.UNKNOWN_RECORD)
    return Reply(f'{{"data":{texts(rows, _review(call, with_responses=False))[0]}}}'.encode())


def response(world: World, call: Call) -> Reply:
    """`GET /v1/customerReviews/{id}/response`."""
    rows = _visible(world).filter(pl.col("id") == call.params["id"])
    if rows.is_empty():
        raise Refuse(Why.UNKNOWN_RECORD)
    answered = rows.filter(pl.col("response_id").is_not_null())
    data = texts(answered, _response())[0] if answered.height else "null"
    return Reply(f'{{"data":{data},"links":{dumps({"self": call.base + call.path})}}}'.encode())


def _listed(call: Call, rows: pl.DataFrame, rest: dict[str, object]) -> Reply:
    with_responses = "response" in call.query.get("include", "").split(",")
    records = texts(rows, _review(call, with_responses=with_responses))
    answered = rows.filter(pl.col("response_id").is_not_null())
    included = texts(answered, _response()) if with_responses else []
    tail = f'],"included":[{",".join(included)}]' if included else "]"
    tail += f",{dumps(rest)[1:]}"

    def wrap(items: Sequence[str]) -> bytes:
        return f'{{"data":[{",".join(items)}{tail}'.encode()

    keys = [(value,) for value in rows["id"].to_list()]
    return Reply(wrap(records), page=Page(records, "app_store_reviews", keys, wrap))


def _visible(world: World) -> pl.DataFrame:
    rows = world.records.current("app_store_reviews")
    return rows.filter(~pl.col("gone").fill_null(value=False))


def _chosen(world: World, call: Call) -> pl.DataFrame:
    rows = _visible(world)
    if "filter[rating]" in call.query:
        rows = rows.filter(
            pl.col("rating").cast(pl.String).is_in(call.query["filter[rating]"].split(","))
        )
    if "filter[territory]" in call.query:
        rows = rows.filter(pl.col("territory").is_in(call.query["filter[territory]"].split(",")))
    if "exists[publishedResponse]" in call.query:
        rows = rows.filter(
            pl.col("response_id").is_not_null() == call.flag("exists[publishedResponse]")
        )
    sort = call.query.get("sort", "-createdDate")
    column = _SORTS.get(sort.removeprefix("-"))
    if column is None:
        raise Refuse(Why.BAD_PARAMETER, f"'{sort}' is not a valid value for 'sort'")
    return rows.sort(column, "id", descending=sort.startswith("-"))


def _pacific(column: str) -> pl.Expr:
    moment = pl.col(column).dt.replace_time_zone("UTC").dt.convert_time_zone("America/Los_Angeles")
    return moment.dt.to_string("%Y-%m-%dT%H:%M:%S%:z")


def _review(call: Call, *, with_responses: bool) -> pl.Expr:
    attributes = record(
        {
            "rating": "rating",
            "title": "title",
            "body": "body",
            "reviewerNickname": "nickname",
            "createdDate": _pacific("created_date"),
            "territory": "territory",
        }
    )
    address = f'"{call.base}/customerReviews/'
    ident = pl.col("id")
    links = f'"links":{{"self":{address}', ident, f'/relationships/response","related":{address}'
    linked = joined(*links, ident, '/response"}')
    data = joined('{"type":"customerReviewResponses","id":"', pl.col("response_id"), '"}')
    relation = joined('{"response":{', linked, "}}")
    if with_responses:
        relation = joined('{"response":{"data":', data.fill_null("null"), ",", linked, "}}")
    return record(
        {"type": pl.lit("customerReviews"), "id": "id"},
        {
            "attributes": attributes,
            "relationships": relation,
            "links": joined(f'{{"self":{address}', ident, '"}'),
        },
    )


def _response() -> pl.Expr:
    attributes = record(
        {
            "responseBody": "response_body",
            "lastModifiedDate": _pacific("response_at"),
            "state": pl.lit("PUBLISHED"),
        }
    )
    review = joined('{"review":{"data":{"type":"customerReviews","id":"', pl.col("id"), '"}}}')
    return record(
        {"type": pl.lit("customerReviewResponses"), "id": "response_id"},
        {"attributes": attributes, "relationships": review},
    )


def _cursor(offset: int) -> str:
    return base64.urlsafe_b64encode(dumps({"offset": str(offset)}).encode()).decode()


def _offset(call: Call) -> int:
    if "cursor" not in call.query:
        return 0
    try:
        return int(json.loads(base64.urlsafe_b64decode(call.query["cursor"]))["offset"])
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise Refuse(Why.BAD_PARAMETER, "'cursor' is not valid") from error
