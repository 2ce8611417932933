"""Asks Zendesk for one page after the other; how to go on is the cursors' business."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from connectors.cursors import Batch, Posted, Reading, Span
from connectors.http import Api
from connectors.vendors.reading import each, moment, naive, one, seconds, spliced, told
from connectors.vendors.zendesk.pages import (
    Export,
    Glance,
    Identity,
    Person,
    Shown,
    all_pages,
    listed,
)
from connectors.vendors.zendesk.redactions import redacted

_UNKNOWN = Glance(id=0)
_SHOWN = 100
"""Users that can be asked for by id at once."""


def _export(api: Api, path: str, **params: object) -> Export:
    return api.of_class("incremental").sized(path, Export, ("per_page", 1000), **params)


def _start(api: Api, since: datetime) -> int:
    """Epoch seconds, a little more than a minute ago: anything later is refused."""
    return seconds(min(since, _exported(api)))


def _exported(api: Api) -> datetime:
    """Until when there is something to export: never the last minute."""
    return api.now() - timedelta(seconds=61)


def _by_cursor(api: Api, kind: str, at: str | None, since: datetime, **params: object) -> Export:
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
            for record, ticket in zip(records, each(page.tickets, Glance), strict=True)
        ]
    return Batch(records, next=page.after_cursor, done=page.end_of_stream)


def users(api: Api, at: str | None, since: datetime) -> Batch:
    """A page of the users' export by cursor, each user with their identities."""
    page = _by_cursor(api, "users", at, since, include="identities")
    people = each(page.users, Person)
    found = page.identities
    if found is None:
        found = _identities(api, [person.id for person in told(people)])
    owned: dict[bytes, list[Identity]] = defaultdict(list)
    for identity in found:
        owned[bytes(identity.get("user_id", b""))].append(identity)
    records = [
        spliced(record, "_identities", owned[b"%d" % person.id]) if person else bytes(record)
        for record, person in zip(page.users, people, strict=True)
    ]
    return Batch(records, next=page.after_cursor, done=page.end_of_stream)


def _identities(api: Api, ids: Sequence[int]) -> list[Identity]:
    """Identities of users, where the export did not side-load them."""
    found: list[Identity] = []
    for begin in range(0, len(ids), _SHOWN):
        wanted = ",".join(map(str, ids[begin : begin + _SHOWN]))
        found += api.get("users/show_many", Shown, ids=wanted, include="identities").identities
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
    glances = [glance or _UNKNOWN for glance in each(page.ticket_events, Glance)]
    agents = api.once("agents", lambda: _agents(api))
    pairs = list(zip(page.ticket_events, glances, strict=True))
    records = [_with_agents(record, glance, agents) for record, glance in pairs]
    anew = [redacted(api, glance, agents) for glance in glances]
    ties = [
        one
        for record, glance, more in zip(records, glances, anew, strict=True)
        for one in (record, *more)
        if glance.timestamp == page.end_time
    ]
    found = [*records, *itertools.chain.from_iterable(anew)]
    return Batch(found, latest=moment(page.end_time), ties=ties, done=page.end_of_stream)


def _agents(api: Api) -> frozenset[int]:
    """Who answers, or once answered, for the company."""
    roles = ("agent", "admin")
    at_work = all_pages(api, "users", **{"role[]": roles})
    people = [person for page in at_work for person in told(each(page.users, Person))]
    for page in all_pages(api, "deleted_users"):
        people += [p for p in told(each(page.deleted_users, Person)) if p.role in roles]
    return frozenset(person.id for person in people)


def _with_agents(record: bytes, glance: Glance, agents: frozenset[int]) -> bytes:
    """The record, with which of the people in it are agents: events do not tell."""
    people = {glance.updater_id, *(said.author_id for said in glance.child_events)}
    found = sorted(person for person in people & agents if person is not None)
    return spliced(record, "_agents", found) if found else bytes(record)


def ratings(api: Api, span: Span, after: str | None) -> Batch:
    """Satisfaction ratings of a stretch of time."""
    page = listed(
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
        for rating in each(records, Glance)
    ]


def deleted_users(api: Api, after: str | None, _reading: Reading) -> Batch:
    """Users who were merged away or deleted."""
    page = listed(api, "deleted_users", after)
    return Batch(page.deleted_users, next=page.meta.after_cursor, done=not page.meta.has_more)


def groups(api: Api, after: str | None, _reading: Reading) -> Batch:
    """Groups of agents, deleted ones included."""
    page = listed(api, "groups", after)
    return Batch(page.groups, next=page.meta.after_cursor, done=not page.meta.has_more)


def listed_id(record: bytes) -> str | None:
    """Key of a record of a list."""
    found = one(record, Glance)
    return None if found is None else str(found.id)
