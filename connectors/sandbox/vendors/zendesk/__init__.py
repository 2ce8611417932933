"""Zendesk Support, as far as connectors read it: `/zendesk/api/v2/…`.

Tickets, users, organizations, groups, comments, events, metric events, ratings, identities and
what was deleted. Not there: side-loads other than `comment_events`, `identities` and
`metric_sets`, the newer
CSAT (`survey_responses`), and anything that writes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from connectors.sandbox.vendors.limits import Window
from connectors.sandbox.vendors.protocol import Call, Reply, Route, Vendor
from connectors.sandbox.vendors.world import World

from .audits import AUDITS
from .comments import COMMENTS
from .deleted import GONE_TICKETS, GONE_USERS
from .errors import ADMIN, refuse, scopes
from .events import EVENTS
from .identities import IDENTITIES, show_many, side_loaded
from .lookups import LISTED_USERS, me, one, sample, ticket_fields
from .merges import with_merge_comments, with_merge_events
from .metric_sets import encode as with_metric_sets
from .organizations import GROUPS, LISTED_ORGANIZATIONS, ORGANIZATIONS
from .paging import Export, as_list, by_cursor, by_time
from .ratings import METRIC_EVENTS, ratings
from .tickets import LIVE_TICKETS, TICKETS, USERS

DERIVE = {
    "zendesk_comments": with_merge_comments,
    "zendesk_ticket_events": with_merge_events,
}


def _list(export: Export) -> Callable[[World, Call], Reply]:
    return lambda world, call: as_list(export, world, call)


def _incremental() -> list[Route]:
    users = replace(USERS, beside=side_loaded)
    tickets = replace(TICKETS, encode=with_metric_sets)
    cursored = (tickets, users)
    timed = (tickets, users, ORGANIZATIONS, EVENTS, METRIC_EVENTS)
    return [
        *(
            Route(f"/incremental/{e.name}/cursor", partial(by_cursor, e), scope=ADMIN)
            for e in cursored
        ),
        *(Route(f"/incremental/{e.name}", partial(by_time, e), scope=ADMIN) for e in timed),
    ]


def _headers(limit: int, left: int, reset: int) -> dict[str, str]:
    """Both spellings, as recorded; the third is the documented one."""
    names = ("x-rate-limit", "rate-limit", "ratelimit-limit")
    spent = {name: str(limit) for name in names}
    remaining = ("x-rate-limit-remaining", "rate-limit-remaining", "ratelimit-remaining")
    resets = ("rate-limit-reset", "ratelimit-reset")
    return spent | dict.fromkeys(remaining, str(left)) | dict.fromkeys(resets, str(reset))


_ROUTES = [
    *_incremental(),
    Route("/incremental/{resource}/sample", sample, scope=ADMIN),
    Route("/tickets/{id}/comments", _list(COMMENTS)),
    Route("/tickets/{id}/audits", _list(AUDITS)),
    Route("/tickets/{id}", partial(one, LIVE_TICKETS, "ticket")),
    Route("/satisfaction_ratings", ratings),
    Route("/organizations", _list(LISTED_ORGANIZATIONS)),
    Route("/organizations/{id}", partial(one, LISTED_ORGANIZATIONS, "organization")),
    Route("/groups", _list(GROUPS)),
    Route("/users", _list(LISTED_USERS)),
    Route("/users/me", me),
    Route("/users/show_many", show_many),
    Route("/users/{id}/identities", _list(IDENTITIES)),
    Route("/users/{id}", partial(one, USERS, "user")),
    Route("/deleted_users", _list(GONE_USERS)),
    Route("/deleted_tickets", _list(GONE_TICKETS)),
    Route("/ticket_fields", ticket_fields),
]

VENDOR = Vendor(
    name="zendesk",
    prefix="/zendesk/api/v2",
    routes=[replace(route, suffix=".json") for route in _ROUTES],
    scopes=scopes,
    refuse=refuse,
    windows=(
        Window("zendesk", 60, re.compile(".*"), _headers),
        Window("zendesk_incremental", 60, re.compile("/incremental/.*")),
    ),
)
