from __future__ import annotations

import base64
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from company import NOON, Client

from connectors.sandbox.vendors import Settings, Vendors, running
from connectors.sandbox.vendors import credentials as known

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


def answer_ids(page: dict[str, Any]) -> list[int]:
    return [row["attributes"]["answerId"] for row in page["data"]]


def test_answers_come_in_the_order_in_which_they_were_given(client: Client) -> None:
    token = client.peakon_token()
    first = client.peakon("/answers/export", token, per_page=2).json()
    second = client.peakon(first["links"]["next"], token).json()

    assert (answer_ids(first), answer_ids(second)) == ([1000, 1001], [1002])
    assert second["links"]["next"] is None
    assert first["data"][0]["type"] == "answers_export"
    told = first["data"][0]["attributes"]
    assert (told["answerScore"], told["answerComment"]) == (8, "Fine")
    assert (told["employeeId"], told["employeeExternalId"]) == ("90", "E90")
    assert (told["questionText"], told["questionType"]) == ("Recommend us?", "scale")
    assert (told["scheduleContextName"], told["roundId"]) == ("Care", 1)
    assert told["responseAnsweredAt"] == "2026-03-01T08:00:00Z"


def test_a_later_run_goes_on_after_the_last_answer(home: Path) -> None:
    with running(home, now=NOON - timedelta(hours=3)) as vendors:
        client = Client(vendors)
        before = client.peakon("/answers/export", per_page=10).json()
        vendors.at(NOON)
        after = client.peakon(
            "/answers/export", per_page=10, continuation=answer_ids(before)[-1]
        ).json()
    assert (answer_ids(before), answer_ids(after)) == ([1000, 1001], [1002])


def test_employees_and_segments_are_resources(client: Client) -> None:
    employee = client.peakon("/employees").json()["data"][0]
    assert (employee["type"], employee["id"]) == ("employees", "90")
    assert employee["attributes"]["identifier"] == "E90"
    assert employee["relationships"]["segments"]["data"] == [{"type": "segments", "id": "80"}]
    assert employee["relationships"]["manager"]["data"] is None
    segment = client.peakon("/segments").json()["data"][0]
    assert (segment["id"], segment["attributes"]["name"]) == ("80", "Care")
    assert client.peakon("/employees/90").json()["data"] == employee


def test_a_token_looks_like_one_and_dies(home: Path) -> None:
    with running(home, settings=Settings(session_seconds=3600)) as vendors:
        client = Client(vendors)
        token = client.peakon_token()
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        assert {"company", "exp"} <= set(claims)
        assert client.peakon("/segments", token).status_code == 200
        vendors.advance(timedelta(minutes=59))
        assert client.peakon("/segments", token).status_code == 200
        vendors.advance(timedelta(minutes=1))
        assert client.peakon("/segments", token).status_code == 401
        assert client.peakon("/segments").status_code == 200


def test_an_unknown_application_is_not_found(client: Client) -> None:
    got = client.http.post("/peakon/api/v1/auth/application", json={"token": "wrong"})
    assert (got.status_code, got.json()["errors"][0]["status"]) == (404, "404")


def test_a_narrow_application_reads_no_answers(vendors: Vendors, client: Client) -> None:
    token = client.peakon_token(known.PEAKON_NARROW_KEY)
    assert client.peakon("/segments", token).status_code == 200
    assert client.peakon("/answers/export", token, per_page=1).status_code == 403
    assert vendors.requests()[-1]["status"] == 403


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/answers/export", 400),
        ("/answers/export?per_page=0", 400),
        ("/answers/export?per_page=1&continuation=5", 400),
        ("/employees/1", 404),
        ("/nothing", 404),
    ],
)
def test_a_wrong_address_is_refused(client: Client, path: str, status: int) -> None:
    refused = client.peakon(path)
    assert refused.status_code == status
    assert refused.json()["errors"][0]["status"] == str(status)


def test_without_a_token_nothing_is_told(client: Client) -> None:
    assert client.http.get("/peakon/api/v1/segments").status_code == 401
    assert client.peakon("/segments", "a.b.c").status_code == 401
