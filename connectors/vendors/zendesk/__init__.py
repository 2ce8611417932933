"""Zendesk Support: cases, what was said and done on them, ratings, and who wrote.

    GET /incremental/tickets/cursor?include=metric_sets      -> cases, case_clocks_stated
    GET /incremental/ticket_events?include=comment_events    -> case_messages, case_changes
    GET /tickets/{id}/comments, where a comment was redacted -> case_messages
    GET /tickets/{id}, where that says that there is none    -> cases, as deleted
    GET /satisfaction_ratings                                -> case_ratings
    GET /incremental/users/cursor?include=identities         -> people, person_addresses
    GET /deleted_users                                       -> people
    GET /incremental/organizations                           -> accounts
    GET /groups                                              -> teams
    GET /users?role[]=agent&role[]=admin                     tells who answers for the company
    GET /users/show_many?ids=…&include=identities            where the export told none

Secrets: `email` of an admin and an API `token`. `custom` names the ids of ticket fields that fill
columns of `cases`: `topic: "360001"`. `/satisfaction_ratings` is the older of Zendesk's two CSAT
systems; answers of the newer one, on scales of 2, 3 or 5, are folded to good and bad here.
A redacted comment lands again as it reads now, and one that cannot be read any more as deleted, so
that models and published text have its old words no more; where they stay is in docs/operations.md.
A further address of a user lands when the user is exported next; that adding one makes the export
tell the user again is not documented.

Evidence: organizations and paging recorded live (node-zendesk, 2023); that a comment has the id of
the event that brought it, by users of the API (2021); that the tickets' export side-loads metric
sets, by the vendor's staff (2022) and public connectors that read them within each ticket or beside
all; that the users' export side-loads identities, as another public connector reads them from a
live tenant (2024), against an earlier word of the vendor's staff that it does not; all else
documentation only
(developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import polars as pl

from connectors.cursors import InclusiveTime, Opaque, Snapshot, Windowed
from connectors.http import Auth, Basic, Rate, Secret, Vendor
from connectors.stream import Stream
from connectors.vendors.connector import Connector, Endpoint, Options
from connectors.vendors.zendesk import readers
from connectors.vendors.zendesk.conversation import CHANGES, LOST, MESSAGES
from connectors.vendors.zendesk.people import ACCOUNTS, ADDRESSES, PEOPLE, TEAMS
from connectors.vendors.zendesk.records import (
    Group,
    Organization,
    Rating,
    Ticket,
    TicketEvent,
    User,
)
from connectors.vendors.zendesk.tickets import CASES, GONE, RATINGS, STATED


def _auth(secrets: Mapping[str, Secret]) -> Auth:
    return Basic(Secret(f"{secrets['email'].reveal()}/token"), secrets["token"])


def _endpoints(options: Options) -> dict[str, Endpoint]:
    custom = {
        column: pl.col("custom_fields").str.json_path_match(f"$[?(@.id=={int(field)})].value")
        for column, field in options.custom.items()
    }
    return {
        "tickets": Endpoint(
            Stream(
                Ticket,
                {"cases": {**CASES, **custom}, "case_clocks_stated": STATED},
                left_out=frozenset({"fields", "raw_subject"}),
            ),
            Opaque(readers.tickets),
        ),
        "ticket_events": Endpoint(
            Stream(
                TicketEvent,
                {"case_messages": [MESSAGES, LOST], "case_changes": CHANGES, "cases": GONE},
            ),
            InclusiveTime(readers.events),
        ),
        "satisfaction_ratings": Endpoint(
            Stream(Rating, {"case_ratings": RATINGS}),
            Windowed(
                readers.ratings,
                step=timedelta(days=30),
                lag=timedelta(seconds=61),
                # whether the filter is on creation or on the last change is not documented
                look_back=timedelta(days=30),
                posted=readers.rated,
            ),
        ),
        "users": Endpoint(
            Stream(User, {"people": PEOPLE, "person_addresses": ADDRESSES}), Opaque(readers.users)
        ),
        "deleted_users": Endpoint(
            Stream(User, {"people": PEOPLE}), Snapshot(readers.deleted_users, key=readers.listed_id)
        ),
        "organizations": Endpoint(
            Stream(Organization, {"accounts": ACCOUNTS}), InclusiveTime(readers.organizations)
        ),
        "groups": Endpoint(
            Stream(Group, {"teams": TEAMS}), Snapshot(readers.groups, key=readers.listed_id)
        ),
    }


CONNECTOR = Connector(
    vendor=Vendor(
        "Zendesk",
        # the smallest plans' limits; `rates` raises them
        rates={"default": Rate(200, 60), "incremental": Rate(10, 60)},
        ping="users/me",
    ),
    secrets=("email", "token"),
    auth=_auth,
    endpoints=_endpoints,
    base="api/v2",
)
