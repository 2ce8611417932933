"""What vendors erase, or change long after the fact, is noticed by a sweep through their API."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from patience import hurried
from tenants import Reader, rows
from vendors_on_loopback.company import NOON, write

from connectors.cursors import NEVER
from connectors.families import TABLES
from connectors.landing import Landing, Origin
from connectors.sandbox.vendors import Fault, Limits, Settings, Vendors, running
from connectors.stream import Page
from connectors.sync import land
from connectors.vendors import Options, connector

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

WEEK, MONTH = timedelta(days=7), timedelta(days=30)
SPRING = NOON - timedelta(days=90)
"""When everything was made."""

LATER = NOON + timedelta(days=1)
"""When something happens to it, after it was read."""

REVIEWS = ("app_store", "customer_reviews")
RESPONSES = ("qualtrics", "responses")
Started = Callable[[], Reader]


@pytest.fixture(autouse=True)
def _nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    hurried(monkeypatch)
    monkeypatch.setattr("connectors.vendors.hubspot.readers._PAGE", 4)


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Started]:
    """Starts the vendors at noon, when what `tmp_path` holds has been written."""
    opened: list[Any] = []

    def start() -> Reader:
        settings = Settings(limits=Limits.roomy(), export_polls=0)
        context = running(tmp_path, now=NOON, settings=settings)
        opened.append(context)
        vendors: Vendors = context.__enter__()
        return Reader(vendors, Landing(tmp_path / "landing"))

    yield start
    for vendor in ("app_store", "hubspot", "qualtrics", "zendesk"):
        tombstones_pass_the_raw_gate(Landing(tmp_path / "landing"), vendor)
    for context in opened:
        context.__exit__(None, None, None)


def tombstones_pass_the_raw_gate(landing: Landing, vendor: str) -> None:
    for table, frame in rows(landing, vendor).items():
        required = [column.name for column in TABLES[table].own if column.required]
        assert frame.select(required).null_count().sum_horizontal().item() == 0, table
        assert not frame.select("_load_id", *TABLES[table].key).is_duplicated().any(), table


def asked(reader: Reader, path: str) -> int:
    return sum(path in request["path"] for request in reader.vendors.requests())


def listed(reader: Reader) -> int:
    """Pages of HubSpot's list of contacts, archived ones apart."""
    lists = [r for r in reader.vendors.requests() if r["path"].endswith("/objects/contacts")]
    return sum("limit" in r["query"] and "archived" not in r["query"] for r in lists)


# --- HubSpot --------------------------------------------------------------------------------------


def contact(number: int, at: datetime = SPRING, **more: object) -> dict[str, Any]:
    return {"id": number, "at": at, "created_at": SPRING, "email": f"p{number}@x.test"} | more


def people(reader: Reader) -> dict[str, dict[str, Any]]:
    return {row["person_ref"]: row for row in reader.current("hubspot")["people"]}


def furnish_hubspot(home: Path) -> None:
    write(
        home,
        "hubspot_contacts",
        *(contact(n) for n in range(1, 11)),
        # erased for privacy, archived, and merged: each once all of them have been read
        contact(2, LATER, gone=True),
        contact(3, LATER, archived=True),
        contact(4, LATER, merged_into_id=5),
    )
    company = {"created_at": SPRING, "name": "Acme", "domain": "acme.test"}
    write(
        home,
        "hubspot_companies",
        company | {"id": 1, "at": SPRING},
        company | {"id": 2, "at": SPRING},
        company | {"id": 2, "at": LATER, "merged_into_id": 1},
    )
    deal = {"created_at": SPRING, "close_date": SPRING, "stage": "closedwon", "amount": 1.0}
    write(
        home,
        "hubspot_deals",
        *(deal | {"id": n, "at": SPRING, "contact_id": n} for n in (1, 2)),
        deal | {"id": 3, "at": SPRING, "stage": "open"},
        deal | {"id": 2, "at": LATER, "merged_into_id": 1},
    )


def test_contacts_that_were_erased_archived_or_merged_leave(
    tmp_path: Path, started: Started
) -> None:
    furnish_hubspot(tmp_path)
    reader = started()
    reader.everything(("hubspot",))
    assert len(people(reader)) == 10
    reader.vendors.at(LATER + timedelta(hours=2))
    reader.everything(("hubspot",))
    # HubSpot says what was archived and merged, and of the erased one nothing
    assert set(people(reader)) == {"1", "2", "5", "6", "7", "8", "9", "10"}
    current = reader.current("hubspot")
    assert [row["account_ref"] for row in current["accounts"]] == ["1"]
    assert [row["event_id"] for row in current["value_events"]] == ["1"]

    reader.vendors.requests(forget=True)
    reader.vendors.advance(WEEK)
    reader.everything(("hubspot",))
    assert set(people(reader)) == {"1", "5", "6", "7", "8", "9", "10"}
    # eight contacts by four, and the missing one by itself
    assert asked(reader, "/contacts/batch/read") == 1
    assert listed(reader) == 2
    # an open deal is no event, and is not read again for that
    assert asked(reader, "/deals/batch/read") == 0
    # and a sweep after that has nothing to say
    reader.vendors.advance(WEEK)
    assert [m.counts.accepted for m in reader.everything(("hubspot",))] == [0, 0, 0]


def test_people_keep_whom_they_were_merged_into(tmp_path: Path, started: Started) -> None:
    furnish_hubspot(tmp_path)
    reader = started()
    reader.everything(("hubspot",))
    reader.vendors.advance(3 * WEEK)
    reader.everything(("hubspot",))
    landed = rows(reader.landing, "hubspot")["people"]
    last = landed.filter(person_ref="4").sort("updated_at", "_load_id").tail(1)
    assert last.select("merged_into_ref", "_deleted").row(0) == ("5", True)
    assert landed.filter(pl.col("merged_into_ref") == pl.col("person_ref")).is_empty()


@pytest.mark.parametrize(
    ("named", "losers"),
    [
        ({"hs_merged_object_ids": "2;3"}, ["2", "3"]),
        # with the times of the merges, and oneself among them, as older portals tell it
        ({"hs_calculated_merged_vids": "2:1772366400000;1:1772366400001"}, ["2"]),
        ({"hs_merged_object_ids": "2", "hs_calculated_merged_vids": "2:1;3:2"}, ["2", "3"]),
        ({"hs_merged_object_ids": "", "hs_calculated_merged_vids": None}, []),
    ],
)
def test_merged_contacts_are_named_in_either_property(
    tmp_path: Path, named: dict[str, str | None], losers: list[str]
) -> None:
    stream = connector("hubspot").endpoints(Options())["contacts"].stream
    times = {"createdAt": "2026-03-01T12:00:00Z", "updatedAt": "2026-03-01T12:00:00Z"}
    record = json.dumps({"id": "1", **times, "properties": named}).encode()
    origin = Origin(source="hubspot", stream="contacts", connector="hubspot", family="customer")
    landing = Landing(tmp_path / "landing")
    list(land(stream, [Page([record])], landing, origin))
    gone = rows(landing, "hubspot")["people"].filter("_deleted").sort("person_ref")
    assert gone["person_ref"].to_list() == losers
    assert set(gone["merged_into_ref"]) <= {"1"}


def test_what_search_was_late_with_lands_with_a_sweep(tmp_path: Path, started: Started) -> None:
    furnish_hubspot(tmp_path)
    reader = started()
    reader.vendors.fault(Fault.EMPTY, "*/contacts/search", times=None)
    reader.sync("hubspot", "contacts")
    reader.vendors.calm()
    assert "people" not in reader.current("hubspot")
    reader.vendors.advance(WEEK)
    reader.sync("hubspot", "contacts")
    expected = Reader(reader.vendors, Landing(tmp_path / "fresh"))
    expected.sync("hubspot", "contacts")
    assert reader.current("hubspot") == expected.current("hubspot")


@pytest.mark.parametrize(
    ("fault", "how", "code"),
    [
        # the first request asks for the vendor's clock, the second for the first page
        (Fault.SERVER_ERROR, {"after": 2, "times": None}, "VENDOR-DOWN"),
        (Fault.TRUNCATED, {"after": 2, "times": None}, "VENDOR-TRUNCATED"),
        (Fault.DUPLICATE_PAGE, {"after": 2}, "VENDOR-NO-PROGRESS"),
        (Fault.NEVER_ADVANCES, {"after": 2}, "VENDOR-NO-PROGRESS"),
        (Fault.REVOKED_TOKEN, {"after": 2, "times": None}, "VENDOR-CREDENTIALS"),
        (Fault.NOT_FOUND, {"times": None}, "VENDOR-NOT-FOUND"),
        (Fault.EMPTY, {"times": None}, "SWEEP-REFUSED"),
    ],
)
def test_a_list_that_breaks_off_or_is_empty_takes_nobody_away(
    tmp_path: Path, started: Started, fault: Fault, how: dict[str, Any], code: str
) -> None:
    furnish_hubspot(tmp_path)
    reader = started()
    reader.sync("hubspot", "contacts")
    reader.vendors.at(LATER + WEEK)
    reader.vendors.fault(fault, "/hubspot/crm/v3/objects/contacts", **how)
    error = reader.stopped("hubspot", "contacts")
    assert (error.code, error.where.split(" ")[0]) == (code, "hubspot.contacts")
    # the merge was told by search; the erased and the archived one are still there
    assert {"2", "3"} <= set(people(reader))
    reader.vendors.calm()
    reader.sync("hubspot", "contacts")
    assert set(people(reader)) == {"1", "5", "6", "7", "8", "9", "10"}


@pytest.mark.parametrize("fault", [Fault.EMPTY, Fault.VANISHED, Fault.UNSORTED, Fault.NULL])
def test_a_page_that_lacks_records_takes_nobody_away_who_is_there(
    tmp_path: Path, started: Started, fault: Fault
) -> None:
    write(tmp_path, "hubspot_contacts", *(contact(n) for n in range(1, 11)))
    reader = started()
    reader.sync("hubspot", "contacts")
    reader.vendors.advance(WEEK)
    reader.vendors.fault(fault, "/hubspot/crm/v3/objects/contacts", after=2, field="id")
    reader.sync("hubspot", "contacts")
    assert len(people(reader)) == 10


def test_a_sweep_is_asked_for_as_often_as_the_user_says(tmp_path: Path, started: Started) -> None:
    furnish_hubspot(tmp_path)
    reader = started()
    reader.sync("hubspot", "contacts", given=Options(sweep=NEVER))
    reader.vendors.advance(timedelta(days=400))
    reader.sync("hubspot", "contacts", given=Options(sweep=NEVER))
    assert listed(reader) == 0
    reader.sync("hubspot", "contacts", given=Options(sweep=timedelta(days=2)))
    assert listed(reader) == 2
    reader.vendors.advance(timedelta(days=1))
    reader.sync("hubspot", "contacts", given=Options(sweep=timedelta(days=2)))
    assert listed(reader) == 2


# --- App Store Connect and Qualtrics --------------------------------------------------------------


def review(number: int, at: datetime = SPRING, **more: object) -> dict[str, Any]:
    word = {"rating": 4, "title": "Fine", "body": f"Works {number}", "nickname": "zed"}
    return word | {"id": f"r{number}", "at": at, "created_date": SPRING} | more


def test_an_old_review_that_was_edited_answered_or_taken_down_is_noticed(
    tmp_path: Path, started: Started
) -> None:
    write(
        tmp_path,
        "app_store_reviews",
        *(review(n) for n in range(1, 6)),
        review(6, NOON, created_date=NOON),
        review(2, LATER, body="It broke", rating=1),
        review(3, LATER, response_id="a", response_body="Sorry", response_at=LATER),
        review(4, LATER, gone=True),
    )
    reader = started()
    reader.sync(*REVIEWS)
    reader.vendors.at(LATER + WEEK)
    assert reader.sync(*REVIEWS) == []
    reader.vendors.requests(forget=True)
    reader.vendors.advance(MONTH)
    reader.sync(*REVIEWS)
    found = {row["review_id"]: row for row in reader.current("app_store")["reviews"]}
    assert set(found) == {"r1", "r2", "r3", "r5", "r6"}
    assert (found["r2"]["body"], found["r2"]["rating"]) == ("It broke", 1.0)
    assert found["r3"]["reply_body"] == "Sorry"
    # one page for the run, one for the sweep, and the missing one alone
    assert asked(reader, "/customerReviews") == 3
    assert [m.counts.accepted for m in reader.landing.manifests(*REVIEWS)] == [6, 3]


def test_a_review_that_was_taken_down_comes_back(tmp_path: Path, started: Started) -> None:
    write(
        tmp_path,
        "app_store_reviews",
        review(1),
        review(2, NOON, created_date=NOON),
        review(1, LATER, gone=True),
        review(1, LATER + MONTH + WEEK, gone=False),
    )
    reader = started()
    reader.sync(*REVIEWS)
    for expected in (1, 2):
        reader.vendors.advance(MONTH + timedelta(days=2))
        reader.sync(*REVIEWS)
        assert len(reader.current("app_store")["reviews"]) == expected


def response(number: int, at: datetime = SPRING, **more: object) -> dict[str, Any]:
    told = {"survey_id": "SV_1", "finished": True, "progress": 100, "status": 0}
    dates = {"start_date": SPRING, "end_date": SPRING, "recorded_date": SPRING}
    return told | dates | {"response_id": f"R_{number}", "at": at} | more


def furnish_qualtrics(home: Path) -> None:
    survey = {"id": "SV_1", "name": "After a call", "is_active": True, "at": SPRING}
    write(home, "qualtrics_surveys", survey | {"created_at": SPRING, "last_modified": SPRING})
    asked_for = {"survey_id": "SV_1", "at": SPRING, "text": "?"}
    scale = [{"code": n, "label": str(n)} for n in range(11)]
    nps = {"question_id": "QID1", "tag": "Q1", "type": "MC", "selector": "NPS", "choices": scale}
    why = {"question_id": "QID2", "tag": "Q2", "type": "TE", "selector": "ESTB"}
    write(home, "qualtrics_questions", asked_for | nps, asked_for | why)
    write(
        home,
        "qualtrics_responses",
        *(response(n) for n in range(1, 5)),
        response(2, LATER, touchpoint="call"),
        response(3, LATER, deleted=True),
        response(4, LATER, touchpoint="shop"),
    )
    write(
        home,
        "qualtrics_answers",
        *(
            {"response_id": f"R_{n}", "at": SPRING, "key": "QID1", "value_number": 9.0}
            for n in range(1, 5)
        ),
        *(
            {"response_id": f"R_{n}", "at": SPRING, "key": "QID2_TEXT", "value_text": "Ann did"}
            for n in range(1, 5)
        ),
        # an edit: another number, and no words any more
        {"response_id": "R_2", "at": LATER, "key": "QID1", "value_number": 3.0},
        {"response_id": "R_2", "at": LATER, "key": "QID2_TEXT"},
    )


def answers(reader: Reader) -> dict[tuple[str, str], Any]:
    return {
        (row["response_id"], row["question_id"]): row["value_number"] or row["value_text"]
        for row in reader.current("qualtrics")["survey_answers"]
    }


def test_an_old_response_that_was_edited_or_deleted_is_noticed(
    tmp_path: Path, started: Started
) -> None:
    furnish_qualtrics(tmp_path)
    reader = started()
    reader.sync(*RESPONSES)
    before = answers(reader)
    reader.vendors.at(LATER + WEEK)
    reader.sync(*RESPONSES)
    assert answers(reader) == before
    reader.vendors.requests(forget=True)
    reader.vendors.advance(MONTH)
    reader.sync(*RESPONSES)
    found = {row["response_id"] for row in reader.current("qualtrics")["survey_responses"]}
    assert found == {"R_1", "R_2", "R_4"}
    assert answers(reader) == {
        ("R_1", "QID1"): 9.0,
        ("R_1", "QID2"): "Ann did",
        ("R_2", "QID1"): 3.0,
        ("R_4", "QID1"): 9.0,
        ("R_4", "QID2"): "Ann did",
    }
    assert asked(reader, "/responses/") == 1
    # in the end it is what somebody finds who reads it for the first time
    fresh = Reader(reader.vendors, Landing(tmp_path / "fresh"))
    fresh.sync(*RESPONSES)
    assert reader.current("qualtrics") == fresh.current("qualtrics")


@pytest.mark.parametrize(
    ("fault", "on", "code"),
    [
        (Fault.EMPTY, "/qualtrics/*/file", "SWEEP-REFUSED"),
        (Fault.EXPORT_FAILED, "/qualtrics/*/export-responses/ES_*", "VENDOR-EXPORT"),
        (Fault.RESET, "/qualtrics/*/file", "VENDOR-UNREACHABLE"),
        (Fault.SERVER_ERROR, "/qualtrics/*/responses/R_*", "VENDOR-DOWN"),
    ],
)
def test_an_export_that_fails_or_is_empty_takes_no_response_away(
    tmp_path: Path, started: Started, fault: Fault, on: str, code: str
) -> None:
    furnish_qualtrics(tmp_path)
    reader = started()
    reader.sync(*RESPONSES)
    reader.vendors.at(LATER + MONTH)
    # the run's own export passes
    after = 0 if on.endswith("R_*") else 1
    reader.vendors.fault(fault, on, times=None, after=after)
    assert reader.stopped(*RESPONSES).code == code
    assert len(reader.current("qualtrics")["survey_responses"]) == 4
    reader.vendors.calm()
    reader.sync(*RESPONSES)
    assert len(reader.current("qualtrics")["survey_responses"]) == 3


# --- Zendesk --------------------------------------------------------------------------------------

EVENTS = ("zendesk", "ticket_events")
SECRET = "My card is 4111 1111"  # noqa: S105 - what somebody wrote, and should not have


def furnish_zendesk(home: Path, **ticket_later: object) -> None:
    made = {"id": 1, "at": SPRING, "created_at": SPRING, "updated_at": SPRING, "status": "open"}
    ticket = made | {"subject": "Help", "channel": "email", "requester_id": 100, "tags": ["a"]}
    later = {"at": LATER, "updated_at": LATER} | ticket_later
    write(home, "zendesk_tickets", ticket, ticket | later)
    said = {"id": 30, "ticket_id": 1, "author_id": 100, "public": True, "channel": "email"}
    write(
        home,
        "zendesk_comments",
        said | {"at": SPRING, "created_at": SPRING, "body": SECRET},
        said | {"at": LATER, "created_at": SPRING, "body": "My card is ▇▇▇▇"},
    )
    event = {"ticket_id": 1, "updater_id": 100, "channel": "email", "comment_id": 30}
    write(
        home,
        "zendesk_ticket_events",
        event | {"id": 40, "child_id": 400, "at": SPRING, "event_type": "Comment"},
        event | {"id": 41, "child_id": 401, "at": LATER, "event_type": "CommentRedactEvent"},
    )


def said(reader: Reader) -> list[str]:
    return [row["body"] for row in reader.current("zendesk")["case_messages"]]


def test_words_that_were_taken_out_of_a_comment_are_replaced(
    tmp_path: Path, started: Started
) -> None:
    furnish_zendesk(tmp_path)
    reader = started()
    reader.sync(*EVENTS)
    assert said(reader) == [SECRET]
    reader.vendors.at(LATER + WEEK)
    reader.sync(*EVENTS)
    assert said(reader) == ["My card is ▇▇▇▇"]
    # whoever reads both at once has it once in the package, too
    fresh = Reader(reader.vendors, Landing(tmp_path / "fresh"))
    fresh.sync(*EVENTS)
    tombstones_pass_the_raw_gate(fresh.landing, "zendesk")
    assert fresh.current("zendesk") == reader.current("zendesk")


def test_a_ticket_that_went_after_its_comment_was_redacted_is_deleted_with_it(
    tmp_path: Path, started: Started
) -> None:
    furnish_zendesk(tmp_path, status="deleted")
    reader = started()
    for stream in (EVENTS, ("zendesk", "tickets")):
        reader.sync(*stream)
    assert (len(said(reader)), len(reader.current("zendesk")["cases"])) == (1, 1)
    reader.vendors.at(LATER + WEEK)
    # the export of tickets is not read: the comments' own request tells
    reader.sync(*EVENTS)
    assert (said(reader), reader.current("zendesk")["cases"]) == ([], [])
    assert reader.sync(*EVENTS) == []


@pytest.mark.parametrize("fault", [Fault.NOT_FOUND, Fault.GONE, Fault.EMPTY])
def test_a_comment_that_nobody_can_read_goes_and_its_ticket_stays(
    tmp_path: Path, started: Started, fault: Fault
) -> None:
    furnish_zendesk(tmp_path)
    reader = started()
    for stream in (EVENTS, ("zendesk", "tickets")):
        reader.sync(*stream)
    reader.vendors.at(LATER + WEEK)
    reader.vendors.fault(fault, "/zendesk/*/tickets/1/comments", times=None)
    reader.sync(*EVENTS)
    assert (said(reader), len(reader.current("zendesk")["cases"])) == ([], 1)
