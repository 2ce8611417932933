"""A few hand-made rows of the systems' tables, and a client that knows the sandbox's keys."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import jwt
import polars as pl

from connectors.sandbox.systems import SYSTEMS
from connectors.sandbox.vendors import Vendors
from connectors.sandbox.vendors import credentials as known

NOON = datetime(2026, 3, 1, 12)  # noqa: DTZ001 - the tables' times are naive UTC
DAY = timedelta(days=1)
TRANSPORT = httpx2.HTTPTransport()  # one for all tests: each reads the certificates anew


def write(home: Path, table: str, *rows: dict[str, Any]) -> None:
    """Put rows into a table; columns left out are null."""
    folder = home / "systems" / table
    folder.mkdir(parents=True, exist_ok=True)
    frame = pl.DataFrame([dict.fromkeys(SYSTEMS[table]) | row for row in rows], SYSTEMS[table])
    frame.write_parquet(folder / "1.parquet")


def ticket(number: int, at: datetime, **more: object) -> dict[str, Any]:
    """A version of a ticket."""
    return {
        "id": number,
        "at": at,
        "created_at": at,
        "updated_at": at,
        "status": "open",
        "subject": f"Ticket {number}",
        "description": 'It says "no"\nand stops.',
        "channel": "email",
        "requester_id": 100,
        "tags": ["billing"],
        "topic": "billing",
    } | more


def _recorded(at: datetime) -> dict[str, Any]:
    return {
        "at": at,
        "start_date": at - timedelta(minutes=1),
        "end_date": at,
        "recorded_date": at,
    }


def furnish(home: Path) -> None:
    """Two or three records for every vendor; the clock of the tables stands at eleven."""
    hours = [NOON - timedelta(hours=n) for n in range(6)]
    write(
        home,
        "zendesk_tickets",
        ticket(1, hours[5]),
        ticket(2, hours[4]),
        ticket(3, hours[3], rating_id=7, satisfaction_score="good", satisfaction_comment="Ta"),
        ticket(4, hours[2], status="closed", merged_into_id=3, assignee_id=200),
        ticket(1, hours[1], status="solved", created_at=hours[5]),
        ticket(5, hours[1], status="deleted"),
    )
    user = {"active": True, "role": "end-user", "created_at": hours[5], "at": hours[5]}
    write(
        home,
        "zendesk_users",
        user | {"id": 100, "name": "Ann", "email": "ann@example.com"},
        user | {"id": 101, "name": "Bob", "email": None, "phone": "+441"},
        user | {"id": 101, "name": "Bob", "email": None, "active": False, "at": hours[4]},
        user | {"id": 102, "name": "Cy", "email": "cy@example.com"},
        user
        | {"id": 102, "name": "Cy", "email": "cy@example.com", "deleted": True, "at": hours[2]},
    )
    write(
        home,
        "zendesk_identities",
        {"id": 1, "at": hours[5], "user_id": 100, "type": "email", "value": "a2@example.com"},
        {"id": 2, "at": hours[3], "user_id": 100, "type": "phone_number", "value": "+4930123456"},
    )
    write(
        home,
        "zendesk_organizations",
        {
            "id": 10,
            "at": hours[5],
            "name": "Acme",
            "domain": "acme.example",
            "created_at": hours[5],
        },
    )
    write(
        home,
        "zendesk_groups",
        {"id": 20, "at": hours[5], "name": "Billing", "created_at": hours[5]},
    )
    comment = {"public": True, "channel": "email", "ticket_id": 1, "author_id": 100}
    write(
        home,
        "zendesk_comments",
        comment | {"id": 30, "at": hours[5], "created_at": hours[5], "body": "My card is 4111"},
        comment | {"id": 30, "at": hours[3], "created_at": hours[5], "body": "My card is ▇▇▇▇"},
        comment
        | {
            "id": 31,
            "at": hours[4],
            "created_at": hours[4],
            "body": "<b>note</b>",
            "public": False,
        },
    )
    event = {"ticket_id": 1, "updater_id": 100, "channel": "email"}
    write(
        home,
        "zendesk_ticket_events",
        event
        | {
            "id": 40,
            "child_id": 400,
            "at": hours[5],
            "event_type": "Create",
            "field": "status",
            "value": "open",
        },
        event
        | {"id": 40, "child_id": 401, "at": hours[5], "event_type": "Comment", "comment_id": 30},
        event
        | {"id": 41, "child_id": 402, "at": hours[4], "event_type": "Comment", "comment_id": 31},
        event
        | {
            "id": 42,
            "child_id": 403,
            "at": hours[1],
            "event_type": "Change",
            "field": "group_id",
            "value": "20",
        },
        event
        | {
            "id": 43,
            "child_id": 404,
            "at": hours[1],
            "event_type": "Change",
            "field": "status",
            "previous_value": "open",
            "value": "solved",
        },
    )
    metric = {"ticket_id": 1, "metric": "reply_time", "instance_id": 1}
    write(
        home,
        "zendesk_metric_events",
        metric | {"id": 50, "at": hours[5], "type": "activate"},
        metric | {"id": 51, "at": hours[5], "type": "apply_sla"},
        metric | {"id": 52, "at": hours[4], "type": "fulfill"},
    )
    write(
        home,
        "zendesk_ratings",
        {
            "id": 7,
            "at": hours[3],
            "ticket_id": 3,
            "requester_id": 100,
            "score": "good",
            "comment": "Ta",
            "created_at": hours[3],
            "updated_at": hours[3],
        },
    )
    survey = {"id": "SV_1", "name": "After a call", "is_active": True}
    write(
        home,
        "qualtrics_surveys",
        survey | {"at": hours[5], "created_at": hours[5], "last_modified": hours[5]},
    )
    question = {"survey_id": "SV_1", "at": hours[5]}
    scale = [{"code": n, "label": str(n)} for n in range(11)]
    write(
        home,
        "qualtrics_questions",
        question
        | {
            "question_id": "QID1",
            "tag": "Q1",
            "text": "Recommend?",
            "type": "MC",
            "selector": "NPS",
            "choices": scale,
        },
        question
        | {"question_id": "QID2", "tag": "Q2", "text": "Why?", "type": "TE", "selector": "ESTB"},
        question
        | {
            "question_id": "QID4",
            "tag": "Q4",
            "text": "What helped?",
            "type": "MC",
            "selector": "MAVR",
            "choices": [{"code": 1, "label": "Tone"}, {"code": 3, "label": "Speed"}],
        },
        question
        | {
            "question_id": "QID3",
            "tag": "Q3",
            "text": "How was",
            "type": "Matrix",
            "selector": "Likert",
            "choices": scale[1:4],
            "rows": [{"code": 1, "label": "speed"}, {"code": 2, "label": "tone"}],
        },
    )
    write(
        home,
        "qualtrics_distributions",
        {
            "id": "EMD_1",
            "at": hours[5],
            "survey_id": "SV_1",
            "channel": "Email",
            "sent_at": hours[5],
        },
    )
    invitation = {
        "distribution_id": "EMD_1",
        "survey_id": "SV_1",
        "sent_at": hours[5],
        "at": hours[5],
    }
    write(
        home,
        "qualtrics_invitations",
        invitation
        | {
            "contact_id": "CID_1",
            "email": "ann@example.com",
            "status": "SurveyFinished",
            "response_id": "R_1",
            "completed_at": hours[4],
            "at": hours[4],
        },
        invitation | {"contact_id": "CID_2", "email": "bob@example.com", "status": "Success"},
    )
    response = {
        "survey_id": "SV_1",
        "finished": True,
        "progress": 100,
        "status": 0,
        "user_language": "EN",
        "distribution_id": "EMD_1",
    }
    write(
        home,
        "qualtrics_responses",
        response
        | _recorded(hours[4])
        | {"response_id": "R_1", "recipient_email": "ann@example.com", "touchpoint": "call"},
        response | _recorded(hours[3]) | {"response_id": "R_2"},
        response | _recorded(hours[2]) | {"response_id": "R_3"},
        response | _recorded(hours[2]) | {"response_id": "R_3", "at": hours[1], "deleted": True},
    )
    write(
        home,
        "qualtrics_answers",
        {"response_id": "R_1", "at": hours[4], "key": "QID1", "value_number": 9.0},
        {"response_id": "R_1", "at": hours[4], "key": "QID2_TEXT", "value_text": 'He said "yes"'},
        {"response_id": "R_1", "at": hours[4], "key": "QID3_1", "value_number": 3.0},
        {"response_id": "R_1", "at": hours[4], "key": "QID4", "value_text": "1,3"},
        {"response_id": "R_2", "at": hours[3], "key": "QID1", "value_number": 2.0},
    )
    contact = {"created_at": hours[5], "at": hours[5], "firstname": "Ann", "lastname": "Lee"}
    write(
        home,
        "hubspot_contacts",
        contact
        | {
            "id": 1,
            "email": "ann@example.com",
            "company_id": 9,
            "phone": "+4930123456",
            "mobilephone": "+49170123456",
            "additional_emails": ["a2@example.com"],
        },
        contact | {"id": 2, "email": "ann@work.example"},
        contact | {"id": 2, "email": "ann@work.example", "merged_into_id": 1, "at": hours[3]},
        contact | {"id": 3, "email": "old@example.com", "archived": True, "at": hours[3]},
        contact | {"id": 4, "email": "gone@example.com", "gone": True},
        contact | {"id": 5, "email": "eve@example.com", "at": hours[2]},
    )
    write(
        home,
        "hubspot_companies",
        {"id": 9, "at": hours[5], "name": "Acme", "domain": "acme.example", "created_at": hours[5]},
    )
    write(
        home,
        "hubspot_deals",
        {
            "id": 70,
            "at": hours[4],
            "name": "Renewal",
            "amount": 1200.5,
            "stage": "closedwon",
            "contact_id": 1,
            "company_id": 9,
            "created_at": hours[5],
            "close_date": hours[4],
        },
    )
    write(
        home,
        "peakon_segments",
        {"id": 80, "at": hours[5], "name": "Care", "headcount": 9, "touchpoint": "call"},
    )
    write(
        home,
        "peakon_employees",
        {
            "id": 90,
            "at": hours[5],
            "external_id": "E90",
            "name": "Dee Poe",
            "email": "dee@corp.example",
            "segment_id": 80,
            "started_at": hours[5],
        },
    )
    write(
        home,
        "peakon_questions",
        {
            "id": 95,
            "at": hours[5],
            "text": "Recommend us?",
            "driver": "engagement",
            "type": "scale",
        },
    )
    answer = {"employee_id": 90, "segment_id": 80, "question_id": 95, "round_id": 1}
    write(
        home,
        "peakon_answers",
        answer | {"id": 1000, "at": hours[4], "score": 8, "comment": "Fine"},
        answer | {"id": 1001, "at": hours[3], "score": 3},
        answer | {"id": 1002, "at": hours[2], "score": 9},
    )
    review = {"title": "Great", "body": "Works", "nickname": "zed", "territory": "USA"}
    write(
        home,
        "app_store_reviews",
        review
        | {
            "id": "r1",
            "at": hours[5],
            "created_date": hours[5],
            "rating": 5,
            "response_id": "a1",
            "response_body": "Thanks",
            "response_at": hours[4],
        },
        review | {"id": "r2", "at": hours[4], "created_date": hours[4], "rating": 1},
        review | {"id": "r2", "at": hours[1], "created_date": hours[4], "rating": 2},
        review | {"id": "r3", "at": hours[3], "created_date": hours[3], "rating": 4},
        review | {"id": "r3", "at": hours[2], "created_date": hours[3], "rating": 4, "gone": True},
    )


class Client:
    """Reads the vendors with the right keys."""

    def __init__(self, vendors: Vendors) -> None:
        """Read from running vendors."""
        self.url = vendors.url
        self.http = httpx2.Client(base_url=vendors.url, timeout=5, transport=TRANSPORT)

    def zendesk(self, path: str, **query: object) -> httpx2.Response:
        auth = (f"{known.ZENDESK_EMAIL}/token", known.ZENDESK_KEY)
        return self.http.get(self._at("/zendesk/api/v2", path), params=query or None, auth=auth)

    def qualtrics(self, path: str, sent: object = None, **query: object) -> httpx2.Response:
        headers = {"X-API-TOKEN": known.QUALTRICS_KEY}
        path = self._at("/qualtrics/API/v3", path)
        if sent is not None:
            return self.http.post(path, json=sent, headers=headers)
        return self.http.get(path, params=query or None, headers=headers)

    def hubspot(self, path: str, sent: object = None, **query: object) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {known.HUBSPOT_KEY}"}
        path = self._at("/hubspot", path)
        if sent is not None:
            return self.http.post(path, json=sent, headers=headers)
        return self.http.get(path, params=query or None, headers=headers)

    def peakon_token(self, key: str = known.PEAKON_KEY) -> str:
        got = self.http.post("/peakon/api/v1/auth/application", json={"token": key})
        return str(got.json()["data"]["id"])

    def peakon(self, path: str, token: str | None = None, **query: object) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {token or self.peakon_token()}"}
        path = self._at("/peakon/api/v1", path)
        return self.http.get(path, params=query or None, headers=headers)

    def app_store(self, path: str, token: str | None = None, **query: object) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {token or signed()}"}
        return self.http.get(self._at("/app_store/v1", path), params=query or None, headers=headers)

    def _at(self, prefix: str, path: str) -> str:
        return path if path.startswith("http") else prefix + path


def signed(key_id: str = known.APP_STORE_KEY_ID, minutes: float = 10, **claims: object) -> str:
    """A token for App Store Connect."""
    now = int(time.time())
    payload = {"iss": known.APP_STORE_ISSUER, "iat": now, "exp": now + int(60 * minutes)}
    payload |= {"aud": "appstoreconnect-v1"} | claims
    key = known.app_store_private_key()
    return jwt.encode(payload, key, algorithm="ES256", headers={"kid": key_id})
