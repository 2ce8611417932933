"""What Zendesk's pages look like, and how its lists lead from one to the next."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from connectors.http import Api

Identity = dict[str, msgspec.Raw]


class Export(msgspec.Struct):
    """Envelope of the incremental exports, whatever they export."""

    tickets: list[msgspec.Raw] = []
    users: list[msgspec.Raw] = []
    identities: list[Identity] | None = None
    metric_sets: list[dict[str, msgspec.Raw]] = []
    organizations: list[msgspec.Raw] = []
    ticket_events: list[msgspec.Raw] = []
    after_cursor: str | None = None
    end_time: int | None = None
    end_of_stream: bool = False


class _Meta(msgspec.Struct):
    has_more: bool = False
    after_cursor: str | None = None


class Listed(msgspec.Struct):
    """Envelope of lists that page by cursor."""

    satisfaction_ratings: list[msgspec.Raw] = []
    deleted_users: list[msgspec.Raw] = []
    users: list[msgspec.Raw] = []
    comments: list[msgspec.Raw] = []
    groups: list[msgspec.Raw] = []
    meta: _Meta = msgspec.field(default_factory=_Meta)


class Shown(msgspec.Struct):
    """Envelope of users who were asked for by id."""

    identities: list[Identity] = []


class Person(msgspec.Struct):
    id: int
    role: str | None = None


class _Said(msgspec.Struct):
    event_type: str = ""
    author_id: int | None = None
    comment_id: int | None = None


class Glance(msgspec.Struct):
    """As much of a record as readers must know."""

    id: int
    ticket_id: int | None = None
    timestamp: int | None = None
    updated_at: datetime | None = None
    updater_id: int | None = None
    child_events: list[_Said] = []


def listed(api: Api, path: str, after: str | None, **params: object) -> Listed:
    """A page of a list; `after` is where it begins."""
    return api.get(path, Listed, **{"page[size]": 100, "page[after]": after}, **params)


def all_pages(api: Api, path: str, **params: object) -> Iterator[Listed]:
    """All pages of a list."""
    after = None
    while True:
        page = listed(api, path, after, **params)
        yield page
        if not page.meta.has_more or page.meta.after_cursor in (None, after):
            return
        after = page.meta.after_cursor
