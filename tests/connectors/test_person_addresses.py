"""Further addresses of people: which land, and how they are asked for."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from exchanges import BEGIN, HOST
from tenants import SECRETS, options, rows, stream_of, tenant_of

from connectors.landing import Landing
from connectors.vendors import connector

Table = list[tuple[Any, ...]]
AT = datetime(2026, 3, 1)  # noqa: DTZ001 - naive UTC by contract


class Answers(httpx2.BaseTransport):
    """Answers each path with the same body, and remembers what was asked."""

    def __init__(self, bodies: dict[str, Any]) -> None:
        """Answer by the end of the path."""
        self.bodies = bodies
        self.asked: list[httpx2.URL] = []

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request."""
        self.asked.append(request.url)
        body = next((b for end, b in self.bodies.items() if request.url.path.endswith(end)), {})
        body = body(request.url) if callable(body) else body
        headers = {"date": "Mon, 02 Mar 2026 12:00:00 GMT", "content-type": "application/json"}
        return httpx2.Response(200, headers=headers, content=json.dumps(body).encode())


def landed(vendor: str, name: str, answers: Answers, folder: Path) -> tuple[Table, int]:
    """Further addresses that one sync lands, and how many records were set aside."""
    url = f"{HOST}/{vendor}"
    tenant = tenant_of(connector(vendor), url, SECRETS[vendor], answers)
    given = replace(options(vendor), begin=BEGIN)
    landing = Landing(folder)
    manifests = list(stream_of(vendor, name, tenant, given=given).sync(landing))
    tenant.close()
    frame = rows(landing, vendor)["person_addresses"]
    told = frame.select("person_ref", "kind", "value", "person_updated_at", "_deleted").rows()
    return told, sum(manifest.counts.rejected for manifest in manifests)


def user(number: int, **more: object) -> dict[str, Any]:
    """A user as the export tells them."""
    return {
        "id": number,
        "role": "end-user",
        "active": True,
        "email": f"u{number}@example.com",
        "updated_at": "2026-03-01T00:00:00Z",
        **more,
    }


def identity(owner: int, kind: str, value: str | None) -> dict[str, Any]:
    """An identity of a user."""
    return {"id": 1, "user_id": owner, "type": kind, "value": value, "verified": True}


def export(users: list[dict[str, Any]], **beside: object) -> dict[str, Any]:
    """A page of the users' export."""
    return {"users": users, "after_cursor": "x", "end_of_stream": True, **beside}


def test_of_a_users_identities_those_land_that_one_can_write_to_or_call(tmp_path: Path) -> None:
    identities = [
        identity(1, "email", "u1@example.com"),
        identity(1, "email", " other@example.com "),
        identity(1, "email", "other@example.com"),
        identity(1, "phone_number", "+4930123456"),
        identity(1, "phone_number", "+4930999999"),
        identity(1, "facebook", "855769377321"),
        identity(1, "email", None),
        identity(2, "email", "agent@example.com"),
        identity(3, "email", "gone@example.com"),
    ]
    users = [
        user(1, phone="+4930123456"),
        user(2, role="agent"),
        user(3, active=False),
        user(4),
    ]
    answers = Answers({"users/cursor": export(users, identities=identities)})

    assert landed("zendesk", "users", answers, tmp_path) == (
        [
            ("1", "email", "other@example.com", AT, False),
            ("1", "phone", "+4930999999", AT, False),
            ("3", "email", "gone@example.com", AT, True),
        ],
        0,
    )
    assert not [url for url in answers.asked if "show_many" in url.path]


def test_an_export_without_identities_asks_for_a_hundred_users_at_a_time(tmp_path: Path) -> None:
    def shown(url: httpx2.URL) -> dict[str, Any]:
        ids = [int(one) for one in url.params["ids"].split(",")]
        found = [identity(one, "email", f"{one}@further.example") for one in ids]
        return {"users": [], "identities": found}

    users = [user(number) for number in range(1, 251)]
    answers = Answers({"users/cursor": export(users), "users/show_many": shown})

    told, _ = landed("zendesk", "users", answers, tmp_path)

    assert [value for _, _, value, *_ in told] == [f"{n}@further.example" for n in range(1, 251)]
    asked = [url.params for url in answers.asked if "show_many" in url.path]
    assert [len(one["ids"].split(",")) for one in asked] == [100, 100, 50]
    assert {one["include"] for one in asked} == {"identities"}


def contact(number: int, *, archived: bool = False, **properties: str | None) -> dict[str, Any]:
    """A contact as HubSpot tells it."""
    at = "2026-03-01T00:00:00.000Z"
    told = {"id": str(number), "createdAt": at, "updatedAt": at, "archived": archived}
    return {**told, "properties": properties}


@pytest.mark.parametrize("name", ["contacts", "archived_contacts"])
def test_of_a_contact_all_further_addresses_land_once(tmp_path: Path, name: str) -> None:
    contacts = [
        contact(1, email="a@example.com", hs_additional_emails="b@example.com; c@example.com;"),
        contact(2, email="d@example.com", hs_additional_emails="d@example.com"),
        contact(3, email=None, hs_additional_emails="e@example.com;e@example.com"),
        contact(4, phone="+491", mobilephone="+492", hs_additional_emails=""),
        contact(5, phone="+493", mobilephone="+493", hs_additional_emails=None),
        contact(6, phone=None, mobilephone="+494"),
        contact(7, archived=True, hs_additional_emails="f@example.com"),
    ]
    answers = Answers({"contacts/search": {"results": contacts}, "contacts": {"results": contacts}})

    assert landed("hubspot", name, answers, tmp_path) == (
        [
            ("1", "email", "b@example.com", AT, False),
            ("1", "email", "c@example.com", AT, False),
            ("3", "email", "e@example.com", AT, False),
            ("7", "email", "f@example.com", AT, True),
            ("4", "phone", "+492", AT, False),
        ],
        0,
    )
