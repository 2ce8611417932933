from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from company import NOON, Client, ticket, write

from connectors.sandbox.vendors import Limits, Settings, Vendors, running
from connectors.sandbox.vendors import credentials as known

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


def epoch(moment: datetime) -> int:
    return int(moment.replace(tzinfo=UTC).timestamp())


START = epoch(NOON - timedelta(days=1))


def follow(client: Client, path: str, **query: object) -> list[dict[str, Any]]:
    """All pages of an export, by cursor or by time."""
    pages = [client.zendesk(path, **query).json()]
    while not pages[-1]["end_of_stream"]:
        assert len(pages) < 50
        pages.append(client.zendesk(pages[-1].get("after_url") or pages[-1]["next_page"]).json())
    return pages


def test_the_cursor_export_goes_through_every_ticket_once_by_its_last_change(
    vendors: Vendors, client: Client
) -> None:
    vendors.at(NOON)
    pages = follow(client, "/incremental/tickets/cursor", start_time=START, per_page=2)

    tickets = [row for page in pages for row in page["tickets"]]
    assert [(row["id"], row["status"]) for row in tickets] == [
        (2, "open"),
        (3, "open"),
        (4, "closed"),
        (1, "solved"),
        (5, "deleted"),
    ]
    times = [row["generated_timestamp"] for row in tickets]
    assert times == sorted(times)
    assert [len(page["tickets"]) for page in pages] == [2, 2, 1]
    assert tickets[1]["satisfaction_rating"] == {"score": "good", "id": 7, "comment": "Ta"}
    assert tickets[0]["satisfaction_rating"] == {"score": "unoffered"}
    assert tickets[0]["custom_fields"] == tickets[0]["fields"]


def test_metric_sets_are_side_loaded_where_they_are_asked_for(
    home: Path,
) -> None:
    """Ticket 9 of Monday, 2 March: opened at 16:00, pending from 17:30, solved on Tuesday at nine.

    The house is open from 7:30 to 17:00 UTC, so the wait at work ends with the day.
    """
    monday = NOON.replace(day=2, hour=0)
    opened, replied = monday.replace(hour=16), monday.replace(hour=17, minute=30)
    solved = monday.replace(day=3, hour=9)
    agent = {"id": 200, "at": monday, "role": "agent", "active": True, "created_at": monday}
    common = {"created_at": opened, "submitter_id": 100}
    write(home, "zendesk_users", agent)
    write(
        home,
        "zendesk_tickets",
        ticket(9, opened, status="new", **common),
        ticket(9, replied, status="pending", **common),
        ticket(9, solved, status="solved", **common),
        ticket(10, opened, status="deleted", **common),
    )
    comment = {"ticket_id": 9, "author_id": 200, "body": "Hello"}
    write(
        home,
        "zendesk_comments",
        comment | {"id": 1, "at": opened, "created_at": opened, "public": False},
        comment | {"id": 2, "at": replied, "created_at": replied, "public": True},
    )
    path = "/incremental/tickets/cursor"
    with running(home, now=solved + timedelta(hours=1)) as vendors:
        reader = Client(vendors)
        asked = reader.zendesk(path, start_time=0, include="metric_sets").json()["tickets"]
        plain = reader.zendesk(path, start_time=0).json()["tickets"]

    assert all("metric_set" not in row for row in plain)
    metrics = {row["id"]: row["metric_set"] for row in asked}
    assert metrics[10] is None
    minutes = {k.removesuffix("_time_in_minutes"): v for k, v in metrics[9].items() if "_min" in k}
    assert minutes == {
        "reply": {"calendar": 90, "business": 60},
        "first_resolution": {"calendar": 17 * 60, "business": 150},
        "full_resolution": {"calendar": 17 * 60, "business": 150},
        "requester_wait": {"calendar": 90, "business": 60},
        "agent_wait": {"calendar": 930, "business": 90},
        "on_hold": {"calendar": None, "business": None},
    }


def test_the_last_cursor_goes_on_where_the_stream_ended(vendors: Vendors, client: Client) -> None:
    path = "/incremental/tickets/cursor.json"
    at_end = client.zendesk(path, start_time=START).json()
    assert at_end["end_of_stream"]
    again = client.zendesk(path, cursor=at_end["after_cursor"]).json()
    assert (again["tickets"], again["after_cursor"]) == ([], at_end["after_cursor"])
    vendors.at(NOON)
    later = client.zendesk(path, cursor=again["after_cursor"]).json()
    assert [row["id"] for row in later["tickets"]] == [1, 5]


def test_a_cursor_has_to_be_escaped(client: Client) -> None:
    path = "/incremental/tickets/cursor"
    cursor = client.zendesk(path, start_time=START, per_page=1).json()["after_cursor"]
    assert set("+=|") <= set(cursor)

    assert client.zendesk(path, cursor=cursor).status_code == 200
    raw = client.zendesk(f"{path}?cursor={cursor.replace('=', '%3D').replace('|', '%7C')}")
    assert (raw.status_code, raw.json()["error"]) == (400, "InvalidValue")


def test_what_happened_within_the_last_minute_is_withheld(vendors: Vendors, client: Client) -> None:
    path = "/incremental/tickets/cursor"
    vendors.at(NOON - timedelta(minutes=59, seconds=1))
    assert len(client.zendesk(path, start_time=START).json()["tickets"]) == 3
    vendors.at(NOON - timedelta(minutes=59))
    assert len(client.zendesk(path, start_time=START).json()["tickets"]) == 5


def test_a_start_time_of_the_last_minute_is_refused(vendors: Vendors, client: Client) -> None:
    recent = epoch(vendors.now) - 59
    for path in ("tickets/cursor", "ticket_events", "organizations"):
        refused = client.zendesk(f"/incremental/{path}", start_time=recent)
        assert (refused.status_code, refused.json()["error"]) == (400, "StartTimeTooRecent")
        assert client.zendesk(f"/incremental/{path}", start_time=recent - 1).status_code == 200


def test_exclude_deleted_leaves_deleted_tickets_out(vendors: Vendors, client: Client) -> None:
    vendors.at(NOON)
    path = "/incremental/tickets/cursor"
    rows = client.zendesk(path, start_time=START, exclude_deleted="true").json()["tickets"]
    assert [row["id"] for row in rows] == [2, 3, 4, 1]
    assert [row["id"] for row in client.zendesk("/deleted_tickets").json()["deleted_tickets"]] == [
        5
    ]


def test_the_time_export_repeats_the_last_second_and_keeps_ties_together(client: Client) -> None:
    path = "/incremental/ticket_metric_events"
    pages = follow(client, path, start_time=START, per_page=1)

    assert [[row["id"] for row in page["ticket_metric_events"]] for page in pages] == [
        [50, 51],
        [50, 51, 52],
    ]
    assert [page["count"] for page in pages] == [2, 3]
    assert f"start_time={pages[0]['end_time']}" in pages[0]["next_page"]
    assert pages[1]["end_of_stream"]


def test_a_second_that_fills_a_page_keeps_the_time_export_from_moving(home: Path) -> None:
    at = NOON - timedelta(hours=6)
    many = [ticket(n, at) for n in range(1, 1002)] + [ticket(2000, NOON - timedelta(hours=5))]
    write(home, "zendesk_tickets", *many)
    with running(home, settings=Settings(limits=Limits.roomy())) as vendors:
        client = Client(vendors)
        first = client.zendesk("/incremental/tickets", start_time=epoch(at)).json()
        assert (first["count"], first["end_of_stream"]) == (1001, False)
        assert first["end_time"] == epoch(at)


def test_an_empty_time_export_has_no_next_page(vendors: Vendors, client: Client) -> None:
    page = client.zendesk("/incremental/ticket_events", start_time=epoch(vendors.now) - 61).json()
    assert (page["ticket_events"], page["count"], page["next_page"], page["end_time"]) == (
        [],
        0,
        None,
        None,
    )


def test_users_that_are_inactive_are_exported_and_those_erased_only_listed(client: Client) -> None:
    users = client.zendesk("/incremental/users/cursor", start_time=START).json()["users"]
    assert [(user["id"], user["active"]) for user in users] == [(101, False), (100, True)]

    gone = client.zendesk("/deleted_users").json()["deleted_users"]
    assert [(user["id"], user["name"], user["email"]) for user in gone] == [
        (101, "Bob", None),
        (102, None, None),
    ]


def test_identities_are_told_of_one_user_of_many_and_beside_the_export(client: Client) -> None:
    alone = client.zendesk("/users/100/identities").json()["identities"]
    assert [(one["type"], one["value"], one["primary"]) for one in alone] == [
        ("email", "a2@example.com", False),
        ("phone_number", "+4930123456", False),
        ("email", "ann@example.com", True),
    ]

    export = "/incremental/users/cursor"
    beside = client.zendesk(export, start_time=START, include="identities").json()
    many = client.zendesk("/users/show_many", ids="100,101,99", include="identities").json()
    assert beside["identities"] == many["identities"] == alone
    # Bob is inactive, and nobody has the id 99
    assert [user["id"] for user in many["users"]] == [100]
    assert "identities" not in client.zendesk(export, start_time=START).json()


def test_no_more_than_a_hundred_users_are_shown_at_once(client: Client) -> None:
    ids = [str(number) for number in range(101)]
    assert client.zendesk("/users/show_many", ids=",".join(ids)).status_code == 400
    assert client.zendesk("/users/show_many", ids=",".join(ids[1:])).status_code == 200


def test_a_new_address_lets_its_user_be_exported_again(client: Client) -> None:
    users = client.zendesk("/incremental/users/cursor", start_time=START).json()["users"]
    updated = {user["id"]: user["updated_at"] for user in users}
    # Ann's last identity came at nine, her user at seven
    assert updated[100] == "2026-03-01T09:00:00Z"


def test_an_event_tells_changes_flat_and_comments_only_if_asked(
    vendors: Vendors, client: Client
) -> None:
    vendors.at(NOON)
    path = "/incremental/ticket_events"
    events = {e["id"]: e for e in client.zendesk(path, start_time=START).json()["ticket_events"]}
    spelled = client.zendesk(path, start_time=START, include="comment_events").json()

    first, second = events[40]["child_events"]
    assert (first["status"], first["event_type"]) == ("open", "Create")
    assert (second["comment_present"], second["comment_public"]) == (True, True)
    assert "body" not in second
    assert events[42]["child_events"][0]["group_id"] == 20
    assert events[43]["child_events"][0]["previous_value"] == "open"
    comment = spelled["ticket_events"][0]["child_events"][1]
    assert (comment["type"], comment["public"], comment["author_id"]) == ("Comment", True, 100)
    assert comment["audit_id"] == 40


def test_redacted_words_are_in_no_answer_any_more(client: Client) -> None:
    answers = [
        client.zendesk("/tickets/1/comments"),
        client.zendesk("/tickets/1/audits"),
        client.zendesk("/incremental/ticket_events", start_time=START, include="comment_events"),
    ]
    for answer in answers:
        assert "▇▇▇▇" in answer.text
        assert "4111" not in answer.text


def test_a_merge_shows_as_a_tag_and_a_comment_on_either_side(client: Client) -> None:
    rows = client.zendesk("/incremental/tickets/cursor", start_time=START).json()["tickets"]
    assert rows[-1]["tags"] == ["billing", "closed_by_merge"]

    away = client.zendesk("/tickets/4/comments").json()["comments"][0]
    kept = client.zendesk("/tickets/3/comments").json()["comments"][0]
    assert away["body"] == 'This request was closed and merged into request #3 "Ticket 3".'
    assert away["via"]["source"] == {"from": {}, "to": {"ticket_id": 3}, "rel": "merge"}
    assert kept["body"] == 'Request #4 "Ticket 4" was closed and merged into this request.'
    assert kept["via"]["source"] == {"from": {"ticket_id": 4}, "to": {}, "rel": "merge"}
    path = "/incremental/ticket_events"
    events = client.zendesk(path, start_time=START, include="comment_events").json()
    told = [c["id"] for e in events["ticket_events"] for c in e["child_events"] if "body" in c]
    assert len(told) == 4


def test_lists_page_by_cursor(client: Client) -> None:
    first = client.zendesk("/tickets/1/comments", **{"page[size]": 1}).json()
    second = client.zendesk(first["links"]["next"]).json()
    assert [c["id"] for page in (first, second) for c in page["comments"]] == [30, 31]
    assert (first["meta"]["has_more"], second["meta"]["has_more"]) == (True, False)
    assert second["links"]["next"] is None
    by_hand = {"page[size]": 1, "page[after]": first["meta"]["after_cursor"]}
    assert client.zendesk("/tickets/1/comments", **by_hand).json() == second
    assert client.zendesk("/satisfaction_ratings", **{"page[size]": 101}).status_code == 400


def test_ratings_are_filtered_by_time(client: Client) -> None:
    nine = epoch(NOON - timedelta(hours=3))
    for start, end, found in ((START, nine, [7]), (START, nine - 1, []), (nine + 1, nine + 9, [])):
        got = client.zendesk("/satisfaction_ratings", start_time=start, end_time=end).json()
        assert [row["id"] for row in got["satisfaction_ratings"]] == found


@pytest.mark.parametrize("resource", ["tickets", "users", "organizations", "ticket_metric_events"])
def test_a_sample_tries_the_connection(client: Client, resource: str) -> None:
    assert client.zendesk(f"/incremental/{resource}/sample.json").json()[resource]


def test_the_email_has_to_say_that_a_token_follows(client: Client) -> None:
    path = "/zendesk/api/v2/groups"
    for auth in (
        (known.ZENDESK_EMAIL, known.ZENDESK_KEY),
        (f"{known.ZENDESK_EMAIL}/token", "wrong"),
        ("somebody@example.com/token", known.ZENDESK_KEY),
    ):
        refused = client.http.get(path, auth=auth)
        assert (refused.status_code, refused.json()) == (
            401,
            {"error": "Couldn't authenticate you"},
        )
    bearer = {"Authorization": f"Bearer {known.ZENDESK_KEY}"}
    assert client.http.get(path, headers=bearer).status_code == 200
    assert client.http.get(path).status_code == 401


def test_an_agent_may_not_export(client: Client) -> None:
    auth = httpx2.BasicAuth(f"{known.ZENDESK_EMAIL}/token", known.ZENDESK_AGENT_KEY)
    url = "/zendesk/api/v2"
    assert client.http.get(f"{url}/groups", auth=auth).status_code == 200
    refused = client.http.get(f"{url}/incremental/users/cursor?start_time=0", auth=auth)
    assert (refused.status_code, refused.json()["error"]["title"]) == (403, "Forbidden")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nothing", 404),
        ("/tickets/99/comments", 404),
        ("/tickets/99", 404),
        ("/users/99/identities", 404),
        ("/tickets/one", 400),
        ("/incremental/tickets/cursor", 400),
        ("/incremental/tickets/cursor?start_time=yesterday", 400),
        ("/incremental/tickets/cursor?start_time=0&per_page=1001", 400),
        ("/tickets/1/comments?page[size]=1&page[after]=x", 400),
    ],
)
def test_a_wrong_address_is_refused_in_zendesks_words(
    client: Client, path: str, status: int
) -> None:
    refused = client.zendesk(path)
    assert refused.status_code == status
    assert set(refused.json()) & {"error", "errors"}


def test_exports_run_into_their_own_limit(home: Path) -> None:
    limits = Limits.roomy().but(zendesk_incremental=2)
    with running(home, settings=Settings(limits=limits)) as vendors:
        client = Client(vendors)
        got = [client.zendesk("/incremental/users", start_time=0) for _ in range(3)]
        assert [one.status_code for one in got] == [200, 200, 429]
        assert 1 <= int(got[2].headers["retry-after"]) <= 60
        assert client.zendesk("/groups").status_code == 200
