from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from company import NOON, Client

from connectors.sandbox.vendors import Fault, Limits, Settings, Vendors, bad_day, running
from connectors.sandbox.vendors import credentials as known

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])
CURSOR = "/zendesk/*/tickets/cursor"
TICKETS = "/incremental/tickets/cursor"
ELEVEN = int((NOON - timedelta(hours=1)).replace(tzinfo=UTC).timestamp())


def tickets(client: Client, **query: object) -> dict[str, Any]:
    got: dict[str, Any] = client.zendesk(TICKETS, **(query or {"start_time": 0})).json()
    return got


def ids(page: dict[str, Any]) -> list[int]:
    return [row["id"] for row in page["tickets"]]


@pytest.mark.parametrize(
    ("fault", "seconds", "headers"),
    [
        (Fault.RETRY_AFTER_WHOLE, 2, {"retry-after": "2"}),
        (Fault.RETRY_AFTER_FLOAT, 1.5, {"retry-after": "1.5"}),
        (Fault.RETRY_AFTER_DATE, 3, {"retry-after": "Sun, 01 Mar 2026 11:00:03 GMT"}),
        (Fault.RETRY_AFTER_ZERO, None, {"retry-after": "0"}),
        (Fault.RATE_LIMIT_RESET, 2, {"x-ratelimit-reset": str(ELEVEN + 2)}),
        (Fault.RATE_LIMIT_RETRY_AFTER, 4, {"x-ratelimit-retry-after": "4"}),
        (Fault.APP_DAY_RESET, None, {"x-ratelimit-app-global-day-reset": "72000"}),
        (Fault.HOUR_USED_UP, None, {"x-rate-limit": "user-hour-lim:3500;user-hour-rem:0;"}),
    ],
)
def test_too_many_requests_are_refused_in_every_form(
    vendors: Vendors,
    client: Client,
    fault: Fault,
    seconds: float | None,
    headers: dict[str, str],
) -> None:
    vendors.fault(fault, "/zendesk/*", seconds=seconds)
    refused = client.zendesk("/groups")

    assert (refused.status_code, refused.json()["error"]) == (429, "APIRateLimitExceeded")
    assert headers.items() <= dict(refused.headers).items()
    assert client.zendesk("/groups").status_code == 200


def test_a_refusal_may_say_nothing_about_when(vendors: Vendors, client: Client) -> None:
    vendors.fault(Fault.RETRY_AFTER_NONE)
    assert "retry-after" not in client.zendesk("/groups").headers


def test_a_used_up_day_is_told_as_each_vendor_tells_it(vendors: Vendors, client: Client) -> None:
    vendors.fault(Fault.DAILY_QUOTA, times=2)
    zendesk = client.zendesk("/groups")
    hubspot = client.hubspot("/crm/v3/objects/contacts")
    assert (zendesk.status_code, zendesk.headers["retry-after"]) == (429, "72000")
    assert (hubspot.status_code, hubspot.json()["policyName"]) == (429, "DAILY")
    assert "retry-after" not in hubspot.headers


def test_a_fault_lets_pass_what_it_should_and_strikes_as_often_as_it_should(
    vendors: Vendors, client: Client
) -> None:
    vendors.fault(Fault.SERVER_ERROR, "/zendesk/*/groups", after=1, times=2)
    assert client.zendesk("/users/me").status_code == 200
    got = [client.zendesk("/groups").status_code for _ in range(4)]
    assert got == [200, 500, 500, 200]
    assert vendors.armed == []


def test_of_two_refusals_the_second_waits_for_the_next_request(
    vendors: Vendors, client: Client
) -> None:
    vendors.fault(Fault.UNSORTED, CURSOR)
    vendors.fault(Fault.RETRY_AFTER_ZERO, CURSOR)
    vendors.fault(Fault.BAD_GATEWAY, CURSOR)
    got = [client.zendesk(TICKETS, start_time=0) for _ in range(4)]
    assert [one.status_code for one in got] == [429, 502, 200, 200]
    assert [ids(one.json()) for one in got[2:]] == [[4, 3, 2], [2, 3, 4]]


def test_a_fault_can_be_taken_away(vendors: Vendors, client: Client) -> None:
    vendors.fault(Fault.SERVER_ERROR, times=None)
    assert client.zendesk("/groups").status_code == 500
    vendors.calm()
    assert client.zendesk("/groups").status_code == 200


def test_a_fault_can_ask_for_a_method(vendors: Vendors, client: Client) -> None:
    vendors.fault(Fault.BAD_GATEWAY, "/hubspot/*", method="POST")
    assert client.hubspot("/crm/v3/objects/contacts").status_code == 200
    refused = client.hubspot("/crm/v3/objects/contacts/search", {})
    assert (refused.status_code, refused.headers["content-type"]) == (
        502,
        "text/html; charset=utf-8",
    )


def test_a_gateway_gives_up_only_while_pages_are_big(vendors: Vendors, client: Client) -> None:
    vendors.fault(Fault.GATEWAY_TIMEOUT, CURSOR, times=None, above=100)
    assert client.zendesk(TICKETS, start_time=0).status_code == 504
    assert client.zendesk(TICKETS, start_time=0, per_page=101).status_code == 504
    assert client.zendesk(TICKETS, start_time=0, per_page=100).status_code == 200
    vendors.fault(Fault.SERVER_ERROR, "/hubspot/*/search", above=50)
    path = "/crm/v3/objects/contacts/search"
    assert client.hubspot(path, {"limit": 50}).status_code == 200
    assert client.hubspot(path, {"limit": 51}).status_code == 500


def test_an_answer_may_hang(vendors: Vendors, client: Client) -> None:
    vendors.fault(Fault.HANG, seconds=0.4)
    with pytest.raises(httpx2.ReadTimeout):
        client.http.get("/zendesk/api/v2/groups", timeout=0.1)
    vendors.fault(Fault.HANG, seconds=0.2)
    begun = time.monotonic()
    assert client.zendesk("/groups").status_code == 200
    assert time.monotonic() - begun >= 0.2


def test_a_connection_may_break_in_the_middle(vendors: Vendors, client: Client) -> None:
    vendors.fault(Fault.RESET)
    with pytest.raises(httpx2.ReadError) as broken:
        client.zendesk("/groups")
    assert "reset" in str(broken.value)
    assert client.zendesk("/groups").status_code == 200


def test_json_may_end_too_soon(vendors: Vendors, client: Client) -> None:
    vendors.fault(Fault.TRUNCATED)
    cut = client.zendesk("/groups")
    assert cut.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        cut.json()


def test_a_page_for_people_may_come_instead(vendors: Vendors, client: Client) -> None:
    vendors.fault(Fault.HTML)
    page = client.zendesk("/groups")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")


def test_the_vendors_clock_may_be_off(vendors: Vendors, client: Client) -> None:
    vendors.fault(Fault.CLOCK_SKEW, seconds=-90)
    skewed = parsedate_to_datetime(client.zendesk("/groups").headers["date"])
    assert skewed == datetime(2026, 3, 1, 10, 58, 30, tzinfo=UTC)


def every_vendor(client: Client) -> dict[str, Callable[[], httpx2.Response]]:
    token = client.peakon_token()
    reviews = f"/apps/{known.APP_STORE_APP_ID}/customerReviews"
    return {
        "zendesk": lambda: client.zendesk("/groups"),
        "qualtrics": lambda: client.qualtrics("/surveys"),
        "hubspot": lambda: client.hubspot("/crm/v3/objects/contacts"),
        "peakon": lambda: client.peakon("/segments", token),
        "app_store": lambda: client.app_store(reviews),
    }


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Fault.EXPIRED_TOKEN, 401),
        (Fault.MISSING_SCOPE, 403),
        (Fault.NOT_FOUND, 404),
        (Fault.GONE, 410),
        (Fault.SERVER_ERROR, 500),
        (Fault.RETRY_AFTER_WHOLE, 429),
    ],
)
def test_every_vendor_refuses_in_its_own_words(
    vendors: Vendors, client: Client, fault: Fault, status: int
) -> None:
    shapes = {
        "zendesk": {"error"},
        "qualtrics": {"meta"},
        "hubspot": {"status", "message"},
        "peakon": {"errors"},
        "app_store": {"errors"},
    }
    for name, ask in every_vendor(client).items():
        vendors.fault(fault, f"/{name}/*")
        refused = ask()
        assert refused.status_code == status, name
        assert shapes[name] <= set(refused.json()), name
        assert ask().status_code == 200, name


def test_a_revoked_token_stays_revoked(vendors: Vendors, client: Client) -> None:
    vendors.fault(Fault.REVOKED_TOKEN, "/zendesk/*", after=1)
    assert [client.zendesk("/groups").status_code for _ in range(4)] == [200, 401, 401, 401]


def test_a_page_may_come_twice(vendors: Vendors, client: Client) -> None:
    vendors.fault(Fault.DUPLICATE_PAGE, CURSOR, after=1)
    first = tickets(client, start_time=0, per_page=1)
    twice = tickets(client, cursor=first["after_cursor"], per_page=1)
    after = tickets(client, cursor=first["after_cursor"], per_page=1)
    assert twice == first
    assert ids(after) != ids(first)


def test_pages_may_never_advance(vendors: Vendors, client: Client) -> None:
    first = tickets(client, start_time=0, per_page=1)
    vendors.fault(Fault.NEVER_ADVANCES, CURSOR)
    for _ in range(3):
        assert tickets(client, cursor=first["after_cursor"], per_page=1) == first


def test_a_page_may_repeat_the_end_of_the_one_before(vendors: Vendors, client: Client) -> None:
    vendors.fault(Fault.REPEATED_ROWS, CURSOR, after=1, rows=1)
    first = tickets(client, start_time=0, per_page=2)
    second = tickets(client, cursor=first["after_cursor"], per_page=2)
    assert (ids(first), ids(second)) == ([2, 3], [3, 4])


def test_a_page_may_be_unsorted(vendors: Vendors, client: Client) -> None:
    vendors.fault(Fault.UNSORTED, CURSOR)
    assert ids(tickets(client)) == [4, 3, 2]
    assert ids(tickets(client)) == [2, 3, 4]


def test_a_page_may_be_empty_and_lead_on(vendors: Vendors, client: Client) -> None:
    vendors.fault(Fault.EMPTY, CURSOR)
    first = tickets(client, start_time=0, per_page=2)
    assert (ids(first), first["end_of_stream"]) == ([], False)
    assert ids(tickets(client, cursor=first["after_cursor"])) == [4]


def test_a_record_edited_while_paging_moves_behind_the_others(
    vendors: Vendors, client: Client
) -> None:
    vendors.fault(Fault.EDITED_WHILE_PAGING, CURSOR)
    first = tickets(client, start_time=0, per_page=2)
    second = tickets(client, cursor=first["after_cursor"], per_page=2)
    assert (ids(first), ids(second)) == ([2, 3], [4, 2])


def test_an_edit_makes_pages_by_position_skip_a_record(vendors: Vendors, client: Client) -> None:
    path = "/crm/v3/objects/contacts/search"
    sent: dict[str, Any] = {"sorts": [{"propertyName": "lastmodifieddate"}], "limit": 1}
    vendors.fault(Fault.EDITED_WHILE_PAGING, "/hubspot/*/search")
    first = client.hubspot(path, sent).json()
    second = client.hubspot(path, sent | {"after": first["paging"]["next"]["after"]}).json()
    assert [page["results"][0]["id"] for page in (first, second)] == ["1", "1"]


def test_a_record_may_share_the_very_second_of_the_checkpoint(
    vendors: Vendors, client: Client
) -> None:
    vendors.fault(Fault.TIE, CURSOR)
    first = tickets(client)
    later = tickets(client, cursor=first["after_cursor"])
    assert ids(first) == [2, 3, 4]
    assert ids(later) == [6]
    assert later["tickets"][0]["generated_timestamp"] == first["tickets"][-1]["generated_timestamp"]


def test_a_listed_record_may_be_gone_when_it_is_asked_for(vendors: Vendors, client: Client) -> None:
    vendors.fault(Fault.VANISHED, CURSOR)
    assert ids(tickets(client))[0] == 2
    assert client.zendesk("/tickets/2/comments").status_code == 404
    assert client.zendesk("/tickets/1/comments").status_code == 200


def test_a_field_may_appear_change_its_type_or_be_null(vendors: Vendors, client: Client) -> None:
    vendors.fault(Fault.NEW_FIELD, CURSOR, field="via.intent")
    assert [row["via"]["intent"] for row in tickets(client)["tickets"]] == ["new"] * 3
    vendors.fault(Fault.TYPE_CHANGE, CURSOR, field="requester_id", rows=2)
    assert [row["requester_id"] for row in tickets(client)["tickets"]] == ["100", "100", 100]
    vendors.fault(Fault.NULL, CURSOR, field="updated_at")
    assert [row["updated_at"] is None for row in tickets(client)["tickets"]] == [True, False, False]


def test_the_records_of_an_export_file_can_be_spoilt_too(vendors: Vendors, client: Client) -> None:
    jobs = "/surveys/SV_1/export-responses"
    progress = client.qualtrics(jobs, {"format": "json", "compress": False}).json()["result"]
    vendors.fault(Fault.EXPORT_FAILED, "/qualtrics/*/ES_*")
    path = f"{jobs}/{progress['progressId']}"
    assert client.qualtrics(path).json()["result"]["status"] == "failed"
    assert client.qualtrics(path).json()["result"]["status"] == "failed"

    progress = client.qualtrics(jobs, {"format": "json", "compress": False}).json()["result"]
    said: dict[str, Any] = {}
    while said.get("status") != "complete":
        said = client.qualtrics(f"{jobs}/{progress['progressId']}").json()["result"]
    vendors.fault(Fault.TYPE_CHANGE, "/qualtrics/*/file", field="values.QID1")
    file = client.qualtrics(f"{jobs}/{said['fileId']}/file").json()
    assert [one["values"]["QID1"] for one in file["responses"]] == ["9", 2]


def test_a_bad_day_touches_every_vendor_and_passes(home: Path) -> None:
    with running(home, settings=Settings(limits=Limits.roomy())) as vendors:
        client = Client(vendors)
        asks = every_vendor(client)
        vendors.arm(bad_day())
        hit = {armed["on"].split("/")[1] for armed in vendors.armed}
        assert hit == set(asks)
        for ask in asks.values():
            assert 200 in [ask().status_code for _ in range(12)]


def test_every_fault_is_told_apart_and_none_is_forgotten() -> None:
    source = Path(__file__).read_text() + "BAD_GATEWAY"
    assert [fault.name for fault in Fault if f"Fault.{fault.name}" not in source] == []
