"""HubSpot CRM, as far as connectors read it: `/hubspot/crm/v3/…` and associations of v4.

Lists come by id and 100 a page, with `archived=true` those archived; search has its own limits.
Only few properties come unasked. `batch/read` answers 207 where a record is missing.

Source: developers.hubspot.com/docs/api-reference (objects, search, associations v4, properties).
"""

from __future__ import annotations

import re
from functools import partial

from connectors.sandbox.vendors.limits import Window
from connectors.sandbox.vendors.protocol import Route, Vendor

from .associations import associations, associations_batch
from .errors import SCOPES, refuse, scopes
from .kinds import KINDS, Kind
from .lists import batch, listed, one, properties
from .search import search


def _routes(kind: Kind) -> list[Route]:
    objects, scope = f"/crm/v3/objects/{kind.name}", SCOPES[kind.name]
    return [
        Route(objects, partial(listed, kind), scope=scope),
        Route(f"{objects}/search", lambda w, c: search(w, c, kind), "POST", scope),
        Route(f"{objects}/batch/read", partial(batch, kind), "POST", scope),
        Route(f"{objects}/{{id}}", partial(one, kind), scope=scope),
        Route(f"/crm/v3/properties/{kind.name}", partial(properties, kind), scope=scope),
        Route(
            f"/crm/v4/objects/{kind.name}/{{id}}/associations/{{to}}",
            partial(associations, kind),
            scope=scope,
        ),
    ]


def _burst(limit: int, left: int, _reset: int) -> dict[str, str]:
    return {
        "X-HubSpot-RateLimit-Max": str(limit),
        "X-HubSpot-RateLimit-Remaining": str(left),
        "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
    }


def _daily(limit: int, left: int, _reset: int) -> dict[str, str]:
    return {
        "X-HubSpot-RateLimit-Daily": str(limit),
        "X-HubSpot-RateLimit-Daily-Remaining": str(left),
    }


_ELSEWHERE = re.compile(r"(?!.*/search$).*")

VENDOR = Vendor(
    name="hubspot",
    prefix="/hubspot",
    routes=[
        *(route for kind in KINDS.values() for route in _routes(kind)),
        Route(
            "/crm/v4/associations/{from}/{to}/batch/read",
            associations_batch,
            "POST",
            SCOPES["contacts"],
        ),
    ],
    scopes=scopes,
    refuse=refuse,
    windows=(
        Window("hubspot_daily", 86_400, _ELSEWHERE, _daily, daily=True),
        Window("hubspot", 10, _ELSEWHERE, _burst),
        Window("hubspot_search", 1, re.compile(".*/search")),
    ),
)
