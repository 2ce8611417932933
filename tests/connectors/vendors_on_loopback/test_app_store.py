from __future__ import annotations

import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from company import NOON, Client, signed
from cryptography.hazmat.primitives.asymmetric import ec

from connectors.sandbox.vendors import Limits, Settings, running
from connectors.sandbox.vendors import credentials as known

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])
REVIEWS = f"/apps/{known.APP_STORE_APP_ID}/customerReviews"


def ids(page: dict[str, Any]) -> list[str]:
    return [row["id"] for row in page["data"]]


def test_reviews_come_newest_first_with_their_responses(client: Client) -> None:
    first = client.app_store(REVIEWS, limit=1, sort="-createdDate", include="response").json()
    second = client.app_store(first["links"]["next"]).json()

    assert (ids(first), ids(second)) == (["r2"], ["r1"])
    assert "next" not in second["links"]
    assert "included" not in first
    review, response = second["data"][0], second["included"][0]
    assert review["relationships"]["response"]["data"] == {
        "type": "customerReviewResponses",
        "id": response["id"],
    }
    assert response["attributes"]["responseBody"] == "Thanks"
    assert set(review["attributes"]) == {
        "rating",
        "title",
        "body",
        "reviewerNickname",
        "createdDate",
        "territory",
    }
    told = datetime.fromisoformat(review["attributes"]["createdDate"])
    assert told.utcoffset() == timedelta(hours=-8)
    assert told.timestamp() == datetime.fromisoformat("2026-03-01T07:00:00Z").timestamp()
    answered = client.app_store("/customerReviews/r1/response").json()
    assert answered["data"]["id"] == response["id"]


def test_an_edited_review_keeps_its_date_and_one_taken_down_vanishes(home: Path) -> None:
    with running(home, now=NOON - timedelta(hours=3)) as vendors:
        client = Client(vendors)
        before = client.app_store(REVIEWS).json()["data"]
        vendors.at(NOON)
        after = client.app_store(REVIEWS).json()["data"]
    assert [row["id"] for row in before] == ["r3", "r2", "r1"]
    assert [row["id"] for row in after] == ["r2", "r1"]
    assert (before[1]["attributes"]["rating"], after[0]["attributes"]["rating"]) == (1, 2)
    assert before[1]["attributes"]["createdDate"] == after[0]["attributes"]["createdDate"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"filter[rating]": "2,3"}, ["r2"]),
        ({"filter[territory]": "DEU"}, []),
        ({"exists[publishedResponse]": "true"}, ["r1"]),
        ({"sort": "createdDate"}, ["r1", "r2"]),
        ({"sort": "-rating"}, ["r1", "r2"]),
    ],
)
def test_filters_and_sorts(client: Client, query: dict[str, str], found: list[str]) -> None:
    assert ids(client.app_store(REVIEWS, **query).json()) == found


def test_the_rest_of_the_hour_stands_in_one_header(home: Path) -> None:
    with running(home, settings=Settings(limits=Limits(app_store=2))) as vendors:
        client = Client(vendors)
        got = [client.app_store(REVIEWS) for _ in range(3)]
    assert [one.status_code for one in got] == [200, 200, 429]
    assert got[0].headers["x-rate-limit"] == "user-hour-lim:2;user-hour-rem:1;"
    assert got[2].json()["errors"][0]["code"] == "RATE_LIMIT_EXCEEDED"


def forged() -> str:
    now = int(time.time())
    claims = {"iss": known.APP_STORE_ISSUER, "exp": now + 60, "aud": "appstoreconnect-v1"}
    key = ec.generate_private_key(ec.SECP256R1())
    return jwt.encode(claims, key, algorithm="ES256", headers={"kid": known.APP_STORE_KEY_ID})


@pytest.mark.parametrize(
    "token",
    [
        signed(minutes=21),
        signed(minutes=-1),
        signed("UNKNOWN"),
        signed(iss="somebody"),
        signed(aud="appstoreconnect-v2"),
        forged(),
        jwt.encode({"iss": known.APP_STORE_ISSUER}, "x" * 32, algorithm="HS256"),
        "a.b.c",
    ],
    ids=["long", "expired", "key", "issuer", "audience", "forged", "algorithm", "garbage"],
)
def test_a_token_that_apple_would_not_take_is_refused(client: Client, token: str) -> None:
    refused = client.app_store(REVIEWS, token)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (401, "NOT_AUTHORIZED")


def test_a_key_without_access_to_reviews_is_forbidden(client: Client) -> None:
    refused = client.app_store(REVIEWS, signed(known.APP_STORE_NARROW_KEY_ID))
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (403, "FORBIDDEN_ERROR")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/apps/1/customerReviews", 404, "NOT_FOUND"),
        ("/nothing", 404, "PATH_ERROR"),
        (f"{REVIEWS}?limit=201", 400, "PARAMETER_ERROR.INVALID"),
        (f"{REVIEWS}?sort=title", 400, "PARAMETER_ERROR.INVALID"),
        (f"{REVIEWS}?since=1", 400, "PARAMETER_ERROR.INVALID"),
        (f"{REVIEWS}?cursor=x", 400, "PARAMETER_ERROR.INVALID"),
    ],
)
def test_a_wrong_address_is_refused_in_apples_words(
    client: Client, path: str, status: int, code: str
) -> None:
    refused = client.app_store(path)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (status, code)
