"""Whoever reads a generated company through its vendors has read all of it, and nothing twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from company import Client

from connectors.sandbox.company import CompanyConfig, generate
from connectors.sandbox.vendors import Limits, Settings, running
from connectors.sandbox.vendors import credentials as known

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])
NOW = datetime(2025, 10, 1)  # noqa: DTZ001 - the tables' times are naive UTC
Rows = Callable[[str], pl.DataFrame]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("generated")
    generate(home, CompanyConfig(scale=0.005))
    return home


@pytest.fixture
def rows(company: Path) -> Rows:
    """What a table holds now: the last version of each record."""

    def last(table: str, *key: str) -> pl.DataFrame:
        frame = pl.read_parquet(company / "systems" / table / "*.parquet")
        return frame.filter(pl.col("at") <= NOW).sort("at").unique(key or ["id"], keep="last")

    return last


@pytest.fixture
def reader(company: Path) -> Iterator[Client]:
    (company / "now.json").unlink(missing_ok=True)
    settings = Settings(limits=Limits.roomy(), export_polls=0)
    with running(company, now=NOW, settings=settings) as vendors:
        yield Client(vendors)


def sorted_ids(ids: list[Any]) -> list[Any]:
    assert len(set(ids)) == len(ids)
    return sorted(ids)


def test_zendesk(reader: Client, rows: Rows) -> None:
    tickets, page = [], reader.zendesk("/incremental/tickets/cursor", start_time=0).json()
    tickets += page["tickets"]
    while not page["end_of_stream"]:
        page = reader.zendesk(page["after_url"]).json()
        tickets += page["tickets"]
    assert (
        sorted_ids([row["id"] for row in tickets]) == rows("zendesk_tickets")["id"].sort().to_list()
    )

    query = {"start_time": 0, "include": "comment_events"}
    events, page = {}, reader.zendesk("/incremental/ticket_events", **query).json()
    while True:
        events |= {event["id"]: event for event in page["ticket_events"]}
        if page["end_of_stream"]:
            break
        page = reader.zendesk(page["next_page"]).json()
    children = [child for event in events.values() for child in event["child_events"]]
    expected = rows("zendesk_ticket_events", "id", "child_id")
    merged = rows("zendesk_tickets").filter(pl.col("merged_into_id").is_not_null())
    assert len(children) == expected.height + 2 * merged.height
    bodies = {child["body"] for child in children if child.get("type") == "Comment"}
    assert set(rows("zendesk_comments")["body"]) <= bodies


def test_qualtrics(reader: Client, rows: Rows) -> None:
    found = []
    for survey in rows("qualtrics_surveys")["id"]:
        jobs = f"/surveys/{survey}/export-responses"
        started = reader.qualtrics(jobs, {"format": "ndjson", "compress": False}).json()["result"]
        said = reader.qualtrics(f"{jobs}/{started['progressId']}").json()["result"]
        file = reader.qualtrics(f"{jobs}/{said['fileId']}/file").text
        found += [line["responseId"] for line in map(json.loads, file.splitlines()) if line]
    alive = rows("qualtrics_responses", "response_id").filter(~pl.col("deleted"))
    assert sorted_ids(found) == alive["response_id"].sort().to_list()

    people, page = [], reader.qualtrics("/directories/POOL_sandbox/contacts").json()["result"]
    while True:
        people += [one["contactId"] for one in page["elements"]]
        if page["nextPage"] is None:
            break
        page = reader.qualtrics(page["nextPage"]).json()["result"]
    invited = rows("qualtrics_invitations", "distribution_id", "contact_id")
    assert sorted_ids(people) == invited["contact_id"].unique().sort().to_list()


def test_hubspot(reader: Client, rows: Rows) -> None:
    for kind in ("contacts", "companies", "deals"):
        table = rows(f"hubspot_{kind}")
        for name in ("archived", "gone"):
            table = table if name not in table.columns else table.filter(~pl.col(name))
        if "merged_into_id" in table.columns:
            table = table.filter(pl.col("merged_into_id").is_null())
        path, found = f"/crm/v3/objects/{kind}?limit=100", []
        while path:
            page = reader.hubspot(path).json()
            found += [int(row["id"]) for row in page["results"]]
            path = page.get("paging", {}).get("next", {}).get("link", "")
        assert sorted_ids(found) == table["id"].sort().to_list(), kind


def test_peakon(reader: Client, rows: Rows) -> None:
    token = reader.peakon_token()
    found, page = [], reader.peakon("/answers/export", token, per_page=500).json()
    while True:
        found += [row["attributes"]["answerId"] for row in page["data"]]
        if page["links"]["next"] is None:
            break
        page = reader.peakon(page["links"]["next"], token).json()
    assert sorted_ids(found) == rows("peakon_answers")["id"].sort().to_list()


def test_app_store(reader: Client, rows: Rows) -> None:
    path, found = f"/apps/{known.APP_STORE_APP_ID}/customerReviews?limit=200", []
    while path:
        page = reader.app_store(path).json()
        found += [row["id"] for row in page["data"]]
        path = page["links"].get("next", "")
    alive = rows("app_store_reviews").filter(~pl.col("gone"))
    assert sorted_ids(found) == alive["id"].sort().to_list()
