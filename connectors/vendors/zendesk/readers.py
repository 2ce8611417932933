"""Asks Zendesk for one page after the other; how to go on is the cursors' business."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import msgspec

from connectors.cursors import Batch, Posted, Reading, Span
from connectors.http import Api, Missing
from connectors.vendors.reading import each, moment, naive, one, seconds, spliced, told

_Identity = dict[str, msgspec.Raw]


class _Export(msgspec.Struct):
    """Envelope of the incremental exports, whatever they export."""

    tickets: list[msgspec.Raw] = []
    users: list[msgspec.Raw] = []
    identities: list[_Identity] | None = None
    metric_sets: list[dict[str, msgspec.Raw]] = []
    organizations: list[msgspec.Raw] = []
    ticket_events: list[msgspec.Raw] = []
    after_cursor: str | None = None
    end_time: int | None = None
    end_of_stream: bool = False


class _Meta(msgspec.Struct):
    has_more: bool = False
    after_cursor: str | None = None


class _Listed(msgspec.Struct):
    """Envelope of lists that page by cursor."""

    satisfaction_ratings: list[msgspec.Raw] = []
    deleted_users: list[msgspec.Raw] = []
    users: list[msgspec.Raw] = []
    comments: list[msgspec.Raw] = []
    meta: _Meta = msgspec.field(default_factory=_Meta)


class _Shown(msgspec.Struct):
    """Envelope of users who were asked for by id."""

    identities: list[_Identity] = []


class _Person(msgspec.Struct):
    id: int
    role: str | None = None


class _Said(msgspec.Struct):
    event_type: str = ""
    author_id: int | None = None
    comment_id: int | None = None


class _Glance(msgspec.Struct):
    """As much of a record as readers must know."""

    id: int
    ticket_id: int | None = None
    timestamp: int | None = None
    updated_at: datetime | None = None
    updater_id: int | None = None
    child_events: list[_Said] = []


_UNKNOWN = _Glance(id=0)
_SHOWN = 100
"""Users that can be asked for by id at once."""


def _export(api: Api, path: str, **params: object) -> _Export:
    return api.of_class("incremental").sized(path, _Export, ("per_page", 1000), **params)


def _listed(api: Api, path: str, after: str | None, **params: object) -> _Listed:
    return api.get(path, _Listed, **{"page[size]": 100, "page[after]": after}, **params)


def _all(api: Api, path: str, **params: object) -> Iterator[_Listed]:
    after = None
    while True:
        page = _listed(api, path, after, **params)
        yield page
        if not page.meta.has_more or page.meta.after_cursor in (None, after):
            return
        after = page.meta.after_cursor


def _start(api: Api, since: datetime) -> int:
    """Epoch seconds, a little more than a minute ago: anything later is refused."""
    return seconds(min(since, _exported(api)))


def _exported(api: Api) -> datetime:
    """Until when there is something to export: never the last minute."""
    return api.now() - timedelta(seconds=61)


def _by_cursor(api: Api, kind: str, at: str | None, since: datetime, **params: object) -> _Export:
    start = _start(api, since) if at is None else None
    return _export(api, f"incremental/{kind}/cursor", start_time=start, cursor=at, **params)


def tickets(api: Api, at: str | None, since: datetime) -> Batch:
    """A page of the tickets' export by cursor, each ticket with what Zendesk measures of it."""
    page = _by_cursor(api, "tickets", at, since, include="metric_sets")
    records: list[bytes] = list(page.tickets)
    # some accounts tell them beside the tickets instead of within
    beside = {bytes(metrics.get("ticket_id", b"")): metrics for metrics in page.metric_sets}
    if beside:
        records = [
            spliced(record, "metric_set", beside[b"%d" % ticket.id])
            if ticket is not None and b"%d" % ticket.id in beside
            else record
            for record, ticket in zip(records, each(page.tickets, _Glance), strict=True)
        ]
    return Batch(records, next=page.after_cursor, done=page.end_of_stream)


def users(api: Api, at: str | None, since: datetime) -> Batch:
    """A page of the users' export by cursor, each user with their identities."""
    page = _by_cursor(api, "users", at, since, include="identities")
    people = each(page.users, _Person)
    found = page.identities
    if found is None:
        found = _identities(api, [person.id for person in told(people)])
    owned: dict[bytes, list[_Identity]] = defaultdict(list)
    for identity in found:
        owned[bytes(identity.get("user_id", b""))].append(identity)
    records = [
        spliced(record, "_identities", owned[b"%d" % person.id]) if person else bytes(record)
        for record, person in zip(page.users, people, strict=True)
    ]
    return Batch(records, next=page.after_cursor, done=page.end_of_stream)


def _identities(api: Api, ids: Sequence[int]) -> list[_Identity]:
    """Identities of users, where the export did not side-load them."""
    found: list[_Identity] = []
    for begin in range(0, len(ids), _SHOWN):
        wanted = ",".join(map(str, ids[begin : begin + _SHOWN]))
        found += api.get("users/show_many", _Shown, ids=wanted, include="identities").identities
    return found


def organizations(api: Api, since: datetime) -> Batch:
    """Organizations changed at a time or later, gone ones included."""
    if since > _exported(api):
        return Batch([], done=True)
    page = _export(api, "incremental/organizations", start_time=_start(api, since))
    return Batch(page.organizations, latest=moment(page.end_time), done=page.end_of_stream)


def events(api: Api, since: datetime) -> Batch:
    """Ticket events of a time or later, and the comments that they redacted."""
    if since > _exported(api):
        return Batch([], done=True)
    start = _start(api, since)
    page = _export(api, "incremental/ticket_events", start_time=start, include="comment_events")
    glances = [glance or _UNKNOWN for glance in each(page.ticket_events, _Glance)]
    agents = api.once("agents", lambda: _agents(api))
    pairs = list(zip(page.ticket_events, glances, strict=True))
    records = [_with_agents(record, glance, agents) for record, glance in pairs]
    redacted = [_redacted(api, glance, agents) for glance in glances]
    ties = [
        one
        for record, glance, more in zip(records, glances, redacted, strict=True)
        for one in (record, *more)
        if glance.timestamp == page.end_time
    ]
    found = [*records, *itertools.chain.from_iterable(redacted)]
    return Batch(found, latest=moment(page.end_time), ties=ties, done=page.end_of_stream)


def _agents(api: Api) -> frozenset[int]:
    """Who answers, or once answered, for the company."""
    roles = ("agent", "admin")
    at_work = _all(api, "users", **{"role[]": roles})
    people = [person for page in at_work for person in told(each(page.users, _Person))]
    for page in _all(api, "deleted_users"):
        people += [p for p in told(each(page.deleted_users, _Person)) if p.role in roles]
    return frozenset(person.id for person in people)


def _with_agents(record: bytes, glance: _Glance, agents: frozenset[int]) -> bytes:
    """The record, with which of the people in it are agents: events do not tell."""
    people = {glance.updater_id, *(said.author_id for said in glance.child_events)}
    found = sorted(person for person in people & agents if person is not None)
    return spliced(record, "_agents", found) if found else bytes(record)


def _redacted(api: Api, glance: _Glance, agents: frozenset[int]) -> list[bytes]:
    """Comments that an event took words out of, as they read now, in an event of their own."""
    wanted = {c.comment_id for c in glance.child_events if c.event_type == "CommentRedactEvent"}
    if not wanted:
        return []
    try:
        pages = list(_all(api, f"tickets/{glance.ticket_id}/comments"))
    except Missing:
        # the ticket went after its comment did: it is told by the ticket export
        return []
    comments = [
        spliced(record, "event_type", "Comment")
        for page in pages
        for record, comment in zip(page.comments, each(page.comments, _Glance), strict=True)
        if comment is not None and comment.id in wanted
    ]
    event = msgspec.structs.replace(glance, child_events=[])
    again = {
        "id": event.id,
        "ticket_id": event.ticket_id,
        "timestamp": event.timestamp,
        "updater_id": event.updater_id,
        "child_events": [msgspec.Raw(comment) for comment in comments],
        "_agents": sorted(agents),
    }
    return [msgspec.json.encode(again)]


def ratings(api: Api, span: Span, after: str | None) -> Batch:
    """Satisfaction ratings of a stretch of time."""
    page = _listed(
        api,
        "satisfaction_ratings",
        after,
        start_time=seconds(span.since),
        # inclusive here, exclusive there
        end_time=seconds(span.until) - 1,
    )
    meta = page.meta
    return Batch(page.satisfaction_ratings, next=meta.after_cursor, done=not meta.has_more)


def rated(records: Sequence[bytes]) -> list[Posted | None]:
    """Id and last change of each rating."""
    return [
        Posted(str(rating.id), naive(rating.updated_at)) if rating and rating.updated_at else None
        for rating in each(records, _Glance)
    ]


def deleted_users(api: Api, after: str | None, _reading: Reading) -> Batch:
    """Users who were merged away or deleted."""
    page = _listed(api, "deleted_users", after)
    return Batch(page.deleted_users, next=page.meta.after_cursor, done=not page.meta.has_more)


def person_id(record: bytes) -> str | None:
    """Key of a user."""
    person = one(record, _Person)
    return None if person is None else str(person.id)
