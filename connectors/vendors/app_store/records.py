"""Reviews, and which columns of ours they fill."""

from __future__ import annotations

from datetime import datetime

import msgspec
import polars as pl

from connectors.records import also
from connectors.stream import Stream
from connectors.vendors.mapping import given


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
