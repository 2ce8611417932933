"""HubSpot CRM: people, accounts, and subscriptions as deals.

    POST /crm/v3/objects/contacts/search              -> people, person_addresses
    POST /crm/v3/objects/companies/search             -> accounts
    POST /crm/v3/objects/deals/search                 -> value_events
    POST /crm/v4/associations/deals/{to}/batch/read      tells whose deals they are
    GET  /crm/v3/objects/{type}?archived=true         -> the same tables, as deleted
    GET  /crm/v3/objects/{type}                       -> the same tables, once a week (a sweep)
    POST /crm/v3/objects/{type}/batch/read               reads what a sweep found missing

A stretch of time is paged by object id, never by the search's own `after`, which ends at 10,000
results. Search lags behind writes, so each run looks an hour back.

Archived records have a list of their own. Merged ones are in none: the one that remains names them,
and people keep whom they were merged into. What was erased for privacy is in no answer at all, so
once a week, or as `sweep` says, all ids are listed, one request for a hundred records and one more
for each hundred that are gone: erased ones become deleted, and changes that search was late with
land. A million contacts are 10,000 requests, 17 minutes of the usual rate, and half a gigabyte of
memory. Until then an erased record stays. What landed of it before stays in the packages and in
raw until `earful erase`, see docs/operations.md.

`custom` names properties that fill columns of `people`. A won deal of type `newbusiness` starts a
subscription, another one renews it; one of type `cancellation`, or a lost renewal, ends it.

Secret: `token` of a private app with `crm.objects.{contacts,companies,deals}.read`.
Evidence: documentation only (developers.hubspot.com/docs/api-reference/search/guide).
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.cursors import Swept
from connectors.http import Bearer, Rate, Reply, Secret, Vendor
from connectors.vendors.connector import Connector, Endpoint, Options
from connectors.vendors.hubspot import readers
from connectors.vendors.hubspot.tables import streams

_TOO_MANY = 429


def _endpoints(options: Options) -> dict[str, Endpoint]:
    found = {}
    for kind, (stream, properties) in streams(options).items():
        sweep = readers.sweep(kind, properties, options)
        found[kind] = Endpoint(stream, Swept(readers.searched(kind, properties), sweep))
        found[f"archived_{kind}"] = Endpoint(stream, readers.archived(kind, properties))
    return found


def _used_up(reply: Reply) -> bool:
    return reply.status == _TOO_MANY and b'"DAILY"' in reply.body


def _auth(secrets: Mapping[str, Secret]) -> Bearer:
    return Bearer(secrets["token"])


CONNECTOR = Connector(
    vendor=Vendor(
        "HubSpot",
        rates={"default": Rate(100, 10), "search": Rate(4, 1)},
        ping="crm/v3/objects/contacts",
        used_up=_used_up,
    ),
    secrets=("token",),
    auth=_auth,
    endpoints=_endpoints,
)
