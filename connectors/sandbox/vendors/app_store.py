"""App Store Connect, as far as connectors read it: `/app_store/v1/…`.

A token is an ES256 JWT signed with the sandbox's key (`credentials.app_store_private_key`), for
the audience `appstoreconnect-v1`, alive for twenty minutes at most: signature, key id, issuer,
audience and times are checked, by real time. Reviews carry no date of change and no version: an
edited one keeps `createdDate`, one taken down vanishes.

Sources: developer.apple.com/documentation/appstoreconnectapi (generating tokens, list all customer
reviews of an app, rate limits), Apple's OpenAPI description 3.7. Times carry Pacific offsets as in
Apple's examples.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import time
import uuid
from urllib.parse import urlencode

import jwt
import polars as pl

from . import credentials as known
from .limits import Window
from .protocol import Call, Page, Refuse, Reply, Route, Vendor, Why, bearer, respond
from .render import dumps, joined, record, texts
from .world import World

REVIEWS = "customer reviews"
_LONGEST = 20 * 60
_AUDIENCE = "appstoreconnect-v1"
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

_ERRORS = {
    Why.UNKNOWN_PATH: (404, "PATH_ERROR", "The URL path is not valid"),
    Why.UNKNOWN_RECORD: (404, "NOT_FOUND", "The specified resource does not exist"),
    Why.BAD_PARAMETER: (400, "PARAMETER_ERROR.INVALID", "A parameter has an invalid value"),
    Why.MISSING_SCOPE: (
        403,
        "FORBIDDEN_ERROR",
        "This request is forbidden for security reasons",
    ),
    Why.TOO_MANY: (429, "RATE_LIMIT_EXCEEDED", "The request rate limit has been reached."),
    Why.DAILY_QUOTA: (429, "RATE_LIMIT_EXCEEDED", "The request rate limit has been reached."),
    Why.SERVER_ERROR: (500, "UNEXPECTED_ERROR", "An unexpected error occurred."),
}
_UNAUTHORIZED = (401, "NOT_AUTHORIZED", "Authentication credentials are missing or invalid.")


def refuse(why: Refuse, _call: Call) -> Reply:
    """A refusal as Apple puts it."""
    status, code, title = _ERRORS.get(why.why, _UNAUTHORIZED)
    status = why.status or status
    error = {
        "id": str(uuid.uuid4()),
        "status": str(status),
        "code": code,
        "title": title,
        "detail": why.detail or title,
    }
    return respond({"errors": [error]}, status)


def scopes(_world: World, call: Call, _route: Route) -> frozenset[str]:
    """What the key that signed a token may read."""
    token = bearer(call)
    if token is None:
        raise Refuse(Why.NO_CREDENTIALS)
    try:
        key_id = jwt.get_unverified_header(token).get("kid")
        claims = jwt.decode(
            token,
            known.APP_STORE_PUBLIC_KEY,
            algorithms=["ES256"],
            audience=_AUDIENCE,
            issuer=known.APP_STORE_ISSUER,
            options={"require": ["exp", "iss", "aud"]},
        )
    except jwt.ExpiredSignatureError as error:
        raise Refuse(Why.EXPIRED) from error
    except jwt.InvalidTokenError as error:
        raise Refuse(Why.WRONG_CREDENTIALS) from error
    if claims["exp"] > claims.get("iat", time.time()) + _LONGEST + 1:
        raise Refuse(Why.WRONG_CREDENTIALS)
    if key_id == known.APP_STORE_NARROW_KEY_ID:
        return frozenset()
    if key_id != known.APP_STORE_KEY_ID:
        raise Refuse(Why.WRONG_CREDENTIALS)
    return frozenset({REVIEWS})


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

    def wrap(items: object) -> bytes:
        return f'{{"data":[{",".join(items)}{tail}'.encode()  # type: ignore[arg-type]

    keys = [(value,) for value in rows["id"].to_list()]
    return Reply(wrap(records), page=Page(records, wrap, "app_store_reviews", keys))


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


def _headers(limit: int, left: int, _reset: int) -> dict[str, str]:
    return {"X-Rate-Limit": f"user-hour-lim:{limit};user-hour-rem:{left};"}


VENDOR = Vendor(
    name="app_store",
    prefix="/app_store/v1",
    routes=[
        Route("/apps", apps, scope=REVIEWS),
        Route("/apps/{id}/customerReviews", reviews, scope=REVIEWS),
        Route("/customerReviews/{id}", review, scope=REVIEWS),
        Route("/customerReviews/{id}/response", response, scope=REVIEWS),
    ],
    scopes=scopes,
    refuse=refuse,
    windows=(Window("app_store", 3600, re.compile(".*"), _headers),),
)
