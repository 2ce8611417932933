from __future__ import annotations

import json
import socket
from datetime import timedelta
from pathlib import Path
from typing import Literal

import httpx2
import pytest
from company import DAY, NOON, Client, furnish, ticket, write

from connectors.errors import FixConfiguration, FixEnvironment
from connectors.sandbox.vendors import Fault, Limits, Settings, Vendors, running

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])
ELEVEN = NOON - timedelta(hours=1)


def test_the_clock_begins_where_the_tables_end_and_stands_in_the_date_header(
    vendors: Vendors, client: Client
) -> None:
    assert vendors.now == ELEVEN
    assert client.zendesk("/users/me").headers.get_list("date") == ["Sun, 01 Mar 2026 11:00:00 GMT"]


def test_a_given_moment_comes_first_and_a_kept_one_before_it(home: Path) -> None:
    with running(home, now=NOON - DAY) as vendors:
        assert vendors.now == NOON - DAY
        assert vendors.advance(timedelta(hours=1)) == NOON - DAY + timedelta(hours=1)
    with running(home, now=NOON) as vendors:
        assert vendors.now == NOON - DAY + timedelta(hours=1)
        assert vendors.at(NOON) == NOON
    assert json.loads((home / "now.json").read_text()) == {"now": "2026-03-01T12:00:00"}
    assert {path.name for path in home.iterdir()} == {"systems", "now.json"}


def test_the_clock_never_moves_back(vendors: Vendors) -> None:
    with pytest.raises(ValueError, match="only moves forward"):
        vendors.at(ELEVEN - DAY)
    assert vendors.now == ELEVEN


def test_records_come_to_be_as_the_clock_moves(home: Path) -> None:
    with running(home, now=NOON - timedelta(hours=4, minutes=30)) as vendors:
        client = Client(vendors)
        assert client.zendesk("/tickets/1").json()["ticket"]["status"] == "open"
        assert client.zendesk("/tickets/2").status_code == 404
        vendors.at(NOON)
        assert client.zendesk("/tickets/1").json()["ticket"]["status"] == "solved"
        assert client.zendesk("/tickets/2").status_code == 200


def test_a_taken_port_is_said_to_be_taken(home: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(FixConfiguration, match=rf"127.0.0.1:{port}: .* \[SANDBOX-PORT\]"):
            with running(home, port):
                pass


@pytest.mark.parametrize("within", ["thread", "process"])
def test_a_home_without_tables_is_said_to_have_none(
    tmp_path: Path, within: Literal["thread", "process"]
) -> None:
    with pytest.raises(FixConfiguration, match="SANDBOX-HOME"):
        with running(tmp_path, within=within):
            pass


def test_a_damaged_clock_is_named(home: Path) -> None:
    (home / "now.json").write_text("{")
    with pytest.raises(FixEnvironment, match=r"now\.json: .* \[SANDBOX-CLOCK\]"):
        with running(home):
            pass


def test_a_process_of_its_own_serves_the_same_and_ends_with_the_block(home: Path) -> None:
    settings = Settings(limits=Limits(zendesk_incremental=3))
    with running(home, now=NOON, settings=settings, within="process") as vendors:
        client = Client(vendors)
        assert vendors.now == NOON
        limited = client.zendesk("/incremental/tickets/sample")
        assert limited.status_code == 200
        assert client.zendesk("/users/me").headers["ratelimit-limit"] == "400"
        vendors.fault(Fault.HANG, "/zendesk/*", seconds=60)
        with pytest.raises(httpx2.ReadTimeout):
            client.http.get("/zendesk/api/v2/users/me", timeout=0.2)
    with pytest.raises(httpx2.ConnectError):
        client.zendesk("/users/me")


def test_a_hanging_answer_does_not_keep_the_vendors_from_stopping(home: Path) -> None:
    with running(home) as vendors:
        vendors.fault(Fault.HANG, seconds=60)
        with pytest.raises(httpx2.ReadTimeout):
            httpx2.get(f"{vendors.url}/zendesk/api/v2/users/me", timeout=0.2)


def test_every_request_is_remembered_until_it_is_forgotten(
    vendors: Vendors, client: Client
) -> None:
    client.zendesk("/groups", page=2)
    client.http.post("/peakon/api/v1/auth/application", json={"token": "?"})

    assert vendors.requests(forget=True) == [
        {"method": "GET", "path": "/zendesk/api/v2/groups", "query": "page=2", "status": 200},
        {
            "method": "POST",
            "path": "/peakon/api/v1/auth/application",
            "query": "",
            "status": 404,
        },
    ]
    assert vendors.requests() == []


def test_outside_the_vendors_there_is_nothing(client: Client) -> None:
    assert client.http.get("/intercom/contacts").status_code == 404


def test_a_fault_that_cannot_be_is_refused(vendors: Vendors) -> None:
    with pytest.raises(ValueError, match="field"):
        vendors.fault(Fault.NULL)
    assert httpx2.post(f"{vendors.url}/_sandbox/faults", json=[{"fault": "x"}]).status_code == 400
    assert httpx2.post(f"{vendors.url}/_sandbox/advance", json={}).status_code == 400


def test_two_versions_of_one_moment_show_the_later(tmp_path: Path) -> None:
    furnish(tmp_path)
    rows = [ticket(1, ELEVEN, status="open"), ticket(1, ELEVEN, status="solved")]
    write(tmp_path, "zendesk_tickets", *rows)
    with running(tmp_path) as vendors:
        assert Client(vendors).zendesk("/tickets/1").json()["ticket"]["status"] == "solved"
