"""What Zendesk measures of a ticket itself lands beside the ticket."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from exchanges import BEGIN, HOST
from tenants import SECRETS, options, rows, stream_of, tenant_of
from test_person_addresses import Answers

from connectors.landing import Landing
from connectors.vendors import connector

METRICS = {
    "id": 9001,
    "ticket_id": 7,
    "reopens": 1,
    "reply_time_in_minutes": {"calendar": 90, "business": 60},
    "first_resolution_time_in_minutes": {"calendar": 1020, "business": 150},
    "full_resolution_time_in_minutes": {"calendar": None, "business": None},
    "agent_wait_time_in_minutes": {"calendar": 930, "business": 90},
    "requester_wait_time_in_minutes": {"calendar": 90, "business": None},
}
TICKET = {
    "id": 7,
    "status": "open",
    "created_at": "2026-03-01T08:00:00Z",
    "updated_at": "2026-03-01T09:00:00Z",
}
PAGE = {"end_of_stream": True, "after_cursor": "x"}
WITHIN = {**PAGE, "tickets": [{**TICKET, "metric_set": METRICS}]}
BESIDE = {**PAGE, "tickets": [TICKET], "metric_sets": [METRICS]}


def landed(page: dict[str, Any], folder: Path) -> tuple[Landing, Answers]:
    answers = Answers({"tickets/cursor": page})
    tenant = tenant_of(connector("zendesk"), f"{HOST}/zendesk", SECRETS["zendesk"], answers)
    given = replace(options("zendesk"), begin=BEGIN)
    landing = Landing(folder)
    list(stream_of("zendesk", "tickets", tenant, given=given).sync(landing))
    tenant.close()
    return landing, answers


@pytest.mark.parametrize("page", [WITHIN, BESIDE], ids=["within the ticket", "beside the tickets"])
def test_each_clock_is_a_row_and_one_that_runs_is_empty(
    page: dict[str, Any], tmp_path: Path
) -> None:
    landing, answers = landed(page, tmp_path)

    stated = rows(landing, "zendesk")["case_clocks_stated"]
    assert stated.select("case_id", "clock", "minutes", "business_minutes").rows() == [
        ("7", "first_reply", 90, 60),
        ("7", "first_resolution", 1020, 150),
        ("7", "resolution", None, None),
        ("7", "requester_wait", 90, None),
        ("7", "agent_wait", 930, 90),
    ]
    assert {url.params.get("include") for url in answers.asked if "cursor" in url.path} == {
        "metric_sets"
    }


def test_a_ticket_that_nothing_is_measured_of_states_no_clock(tmp_path: Path) -> None:
    for number, ticket in enumerate(({**TICKET, "metric_set": None}, TICKET)):
        landing, _ = landed({**PAGE, "tickets": [ticket]}, tmp_path / str(number))
        found = rows(landing, "zendesk")
        assert found["cases"].height == 1
        assert found["case_clocks_stated"].is_empty()
