"""Asks App Store Connect for reviews, the newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from urllib.parse import quote

import msgspec

from connectors.cursors import Batch, NewestFirst, Posted, Span, Sweep
from connectors.http import Api
from connectors.landing.landed import Landed
from connectors.vendors.connector import Options
from connectors.vendors.reading import each, is_there, naive, spliced, told

_MONTH = timedelta(days=30)


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
    if is_there(api, f"v1/customerReviews/{review}"):
        return None
    attributes = {"createdDate": posted.replace(tzinfo=UTC)}
    gone_at = api.now().replace(tzinfo=UTC)
    return msgspec.json.encode({"_gone_at": gone_at, "id": review, "attributes": attributes})


def apps(api: Api) -> list[str]:
    """Apps that the key may see."""
    return [app.id for app in told(each(api.get("v1/apps", _Page, limit=200).data, _One))]


def of_app(app: str) -> NewestFirst:
    """Cursor of an app's reviews."""
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


def sweep(options: Options) -> Sweep:
    """All reviews older than a month."""
    return Sweep(
        "reviews",
        "review_id",
        listed=_listed,
        posted=_posted,
        gone=_all_gone,
        part="subject_ref",
        parts=apps,
        settled=_MONTH,
        every=options.sweep or _MONTH,
        limit=options.sweep_limit,
    )
