"""App Store Connect: what customers write about an app, and what the company answers.

    GET /v1/apps/{id}/customerReviews?sort=-createdDate&include=response  -> reviews
    GET /v1/customerReviews/{id}, where one is missing from its place     -> reviews, as deleted

Reviews are dated by creation only, so each run reads the last 30 days again: edits and answers in
them land, and what is gone from them is a deletion. All older ones are read again once a month, or
as `sweep` says: a request for 200 reviews and one for each that is gone, so 500 for 100,000 of the
3,500 an hour. Until then an edit, an answer or a deletion of an older review is not noticed, and
with `keep_raw: false` edits and answers never are.

Secrets: `issuer_id`, `key_id` and `private_key` (the text of the .p8 file) of an API key with the
role Customer Support. `only` names the apps; all that the key may see if it is empty.
Evidence: vendor description (Apple's OpenAPI 3.7.0); App Store Connect has no test tenant.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from urllib.parse import quote

import msgspec
import polars as pl

from connectors.cursors import Batch, EachPart, NewestFirst, Posted, Span, Sweep, Swept
from connectors.errors import FixConfiguration
from connectors.http import Api, Missing, Rate, Secret, Vendor
from connectors.landing.landed import Landed
from connectors.records import also
from connectors.stream import Stream
from connectors.vendors.connector import Connector, Endpoint, Options
from connectors.vendors.mapping import given
from connectors.vendors.reading import each, naive, spliced, told

_MONTH = timedelta(days=30)
_LIFETIME = 15 * 60
"""Seconds that a token lives; Apple takes 20 minutes at most."""


@also("state")
class ResponseAttributes(msgspec.Struct, rename="camel"):
    response_body: str | None = None
    last_modified_date: datetime | None = None


@also("type relationships links")
class Response(msgspec.Struct):
    id: str | None = None
    attributes: ResponseAttributes | None = None


class Attributes(msgspec.Struct, rename="camel"):
    created_date: datetime
    rating: int | None = None
    title: str | None = None
    body: str | None = None
    reviewer_nickname: str | None = None
    territory: str | None = None


@also("type relationships links")
class Review(msgspec.Struct):
    id: str
    attributes: Attributes
    app: str | None = msgspec.field(default=None, name="_app")
    gone_at: datetime | None = msgspec.field(default=None, name="_gone_at")
    response: Response | None = msgspec.field(default=None, name="_response")


REVIEWS = Stream(
    record=Review,
    tables={
        "reviews": {
            "review_id": "id",
            "subject_ref": "app",
            "author_name": given("attributes.reviewer_nickname"),
            "rating": pl.col("attributes.rating").cast(pl.Float64),
            "scale_min": pl.lit(1.0),
            "scale_max": pl.lit(5.0),
            "title": given("attributes.title"),
            "body": given("attributes.body"),
            "country": "attributes.territory",
            "reply_body": given("response.attributes.response_body"),
            "replied_at": "response.attributes.last_modified_date",
            "reviewed_at": "attributes.created_date",
            # the vendor dates no edit: the later load is the later version
            "updated_at": "attributes.created_date",
            "_deleted": pl.col("gone_at").is_not_null(),
        }
    },
    left_out=frozenset(
        {"relationships", "links", "type"}
        | {"response.relationships", "response.links", "response.type"}
    ),
)


class _Links(msgspec.Struct):
    next: str | None = None


class _Page(msgspec.Struct):
    data: list[msgspec.Raw] = []
    included: list[msgspec.Raw] = []
    links: _Links = msgspec.field(default_factory=_Links)


class _Ref(msgspec.Struct):
    id: str | None = None


class _To(msgspec.Struct):
    data: _Ref | None = None


class _Relations(msgspec.Struct):
    response: _To | None = None


class _Dated(msgspec.Struct, rename="camel"):
    created_date: datetime


class _Glance(msgspec.Struct):
    id: str
    attributes: _Dated
    relationships: _Relations | None = None


class _One(msgspec.Struct):
    id: str


def _page(app: str, api: Api, at: str | None) -> Batch:
    """A page of an app's reviews, newest first, each with the company's answer in it."""
    if at is None:
        page = api.get(
            f"v1/apps/{quote(app, safe='')}/customerReviews",
            _Page,
            sort="-createdDate",
            limit=200,
            include="response",
        )
    else:
        page = api.get(at, _Page)
    included = zip(each(page.included, _One), page.included, strict=True)
    answers = {answer.id: raw for answer, raw in included if answer is not None}
    records = []
    for record, review in zip(page.data, each(page.data, _Glance), strict=True):
        of_app = spliced(record, "_app", app)
        answer = answers.get(_answer_id(review) or "")
        records.append(spliced(of_app, "_response", answer) if answer else of_app)
    return Batch(records, next=page.links.next, done=page.links.next is None)


def _answer_id(review: _Glance | None) -> str | None:
    relation = review.relationships.response if review and review.relationships else None
    return relation.data.id if relation and relation.data else None


def _posted(records: Sequence[bytes]) -> list[Posted | None]:
    return [
        Posted(glance.id, naive(glance.attributes.created_date)) if glance else None
        for glance in each(records, _Glance)
    ]


def _gone(review: str, posted: datetime, api: Api) -> bytes | None:
    """A record of ours in the vendor's shape, if the review really is not there any more."""
    try:
        api.get(f"v1/customerReviews/{review}", msgspec.Raw)
    except Missing:
        attributes = {"createdDate": posted.replace(tzinfo=UTC)}
        gone_at = api.now().replace(tzinfo=UTC)
        return msgspec.json.encode({"_gone_at": gone_at, "id": review, "attributes": attributes})
    return None


def _apps(api: Api) -> list[str]:
    """Apps that the key may see."""
    return [app.id for app in told(each(api.get("v1/apps", _Page, limit=200).data, _One))]


def _of_app(app: str) -> NewestFirst:
    return NewestFirst(partial(_page, app), posted=_posted, gone=_gone, reread=_MONTH)


def _listed(api: Api, app: str, span: Span, at: str | None) -> Batch:
    """A page of an app's reviews, until they are older than wanted."""
    batch = _page(app, api, at)
    times = [posted.at for posted in _posted(batch.records) if posted is not None]
    return replace(batch, done=batch.done or max(times, default=span.since) < span.since)


def _all_gone(
    api: Api, _app: str, missing: Mapping[str, datetime], _landed: Landed
) -> Sequence[bytes]:
    asked = [_gone(review, posted, api) for review, posted in missing.items()]
    return [record for record in asked if record is not None]


@dataclass
class Signed:
    """Signs a token of short life with the key (ES256), and a new one in good time."""

    issuer: Secret
    key_id: Secret
    private_key: Secret
    _token: str = field(default="", repr=False)
    _until: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def headers(self, api: Api) -> Mapping[str, str]:
        """`Authorization: Bearer …`. Raises `FixConfiguration` where the key cannot sign."""
        with self._lock:
            if time.time() > self._until - 60:
                self._sign(api.where)
        return {"Authorization": f"Bearer {self._token}"}

    def renew(self, refused: Mapping[str, str]) -> bool:
        """A token that the vendor refuses is signed anew once: clocks differ."""
        with self._lock:
            if refused.get("Authorization") == f"Bearer {self._token}":
                self._until = 0.0
        return True

    def _sign(self, where: str) -> None:
        # imported here: it brings cryptography, and most processes only check the YAML
        import jwt  # noqa: PLC0415

        now = int(time.time())
        claims = {
            "iss": self.issuer.reveal(),
            "iat": now,
            "exp": now + _LIFETIME,
            "aud": "appstoreconnect-v1",
        }
        headers = {"kid": self.key_id.reveal()}
        # in a variable of the environment its line breaks are often written as \n
        pem = self.private_key.reveal().replace("\\n", "\n")
        try:
            self._token = jwt.encode(claims, pem, algorithm="ES256", headers=headers)
            self._until = now + _LIFETIME
        except (ValueError, TypeError, jwt.PyJWTError):
            self._token = ""
        if not self._token:
            raise FixConfiguration(
                "VENDOR-KEY",
                f"{where}, secrets.private_key",
                "the variable does not hold a private key that can sign (ES256)",
                "Put the whole text of the .p8 file into it.",
            )


def _auth(secrets: Mapping[str, Secret]) -> Signed:
    return Signed(secrets["issuer_id"], secrets["key_id"], secrets["private_key"])


def _endpoints(options: Options) -> dict[str, Endpoint]:
    sweep = Sweep(
        "reviews",
        "review_id",
        listed=_listed,
        posted=_posted,
        gone=_all_gone,
        part="subject_ref",
        parts=_apps,
        settled=_MONTH,
        every=options.sweep or _MONTH,
        limit=options.sweep_limit,
    )
    return {"customer_reviews": Endpoint(REVIEWS, Swept(EachPart(_apps, _of_app), sweep))}


CONNECTOR = Connector(
    vendor=Vendor("App Store Connect", rates={"default": Rate(3500, 3600)}, ping="v1/apps"),
    secrets=("issuer_id", "key_id", "private_key"),
    auth=_auth,
    endpoints=_endpoints,
)
