"""The vendors' envelopes against what real ones sent, where those recordings are."""

from __future__ import annotations

import gzip
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from company import Client

from connectors.sandbox.vendors import Vendors

ROOT = Path(__file__).parents[3]
RECORDED = Path(os.environ.get("EARFUL_RECORDINGS", ROOT.parent / "shared" / "vendor"))

pytestmark = [
    pytest.mark.allow_hosts(["127.0.0.1"]),
    pytest.mark.skipif(
        not RECORDED.is_dir(),
        reason=f"the vendors' recordings are not here: {RECORDED} (set EARFUL_RECORDINGS)",
    ),
]


def exchanges(name: str) -> list[dict[str, Any]]:
    """Zendesk's recorded exchanges, bodies decoded."""
    path = RECORDED / "zendesk" / "node_zendesk_nock" / f"{name}.json"
    found: list[dict[str, Any]] = json.loads(path.read_text())
    for one in found:
        if isinstance(one["response"], list):
            one["response"] = json.loads(gzip.decompress(bytes.fromhex("".join(one["response"]))))
    return found


def qualtrics(name: str) -> dict[str, Any]:
    """The body of a recorded answer of Qualtrics."""
    text = (RECORDED / "qualtrics" / "qualtRics_vcr" / f"{name}.yml").read_text()
    (body,) = re.findall(
        r"string: '(.*?)'\n +recorded_at|string: '(.*?)'\n  recorded", text, re.DOTALL
    )[0:1]
    folded = re.sub(r"\n +", " ", next(part for part in body if part))
    found: dict[str, Any] = json.loads(folded.replace("''", "'"))
    return found


def names(headers: list[str]) -> set[str]:
    return {name.lower() for name in headers[::2]}


def test_a_page_of_organizations_has_the_recorded_shape(client: Client) -> None:
    recorded = exchanges("pagination_test_execute")
    ours = client.zendesk("/organizations.json", **{"page[size]": 1})
    theirs = recorded[0]["response"]

    assert set(ours.json()) == set(theirs)
    assert set(ours.json()["organizations"][0]) == set(theirs["organizations"][0])
    assert set(ours.json()["meta"]) == set(theirs["meta"])
    assert set(ours.json()["links"]) == set(theirs["links"])
    rates = {name for name in names(recorded[0]["rawHeaders"]) if "rate-limit" in name}
    assert rates <= set(ours.headers)
    for ours_one, theirs_one in (
        (ours.json()["organizations"][0], theirs["organizations"][0]),
        (ours.json()["meta"], theirs["meta"]),
    ):
        for name, value in theirs_one.items():
            if value is not None and ours_one[name] is not None:
                assert type(ours_one[name]) is type(value), name


def test_an_empty_page_has_the_recorded_shape(client: Client) -> None:
    theirs = exchanges("pagination_test_execute")[-1]["response"]
    first = client.zendesk("/organizations.json", **{"page[size]": 1}).json()
    after = {"page[size]": 1, "page[after]": first["meta"]["after_cursor"]}
    assert client.zendesk("/organizations.json", **after).json() == theirs


def test_a_record_that_is_not_there_is_refused_as_recorded(client: Client) -> None:
    recorded = exchanges("organizations_test_delete_not_found_organization")[0]
    ours = client.zendesk("/organizations/99.json")
    assert (ours.status_code, ours.json()) == (recorded["status"], recorded["response"])


def test_one_organization_has_the_recorded_shape(client: Client) -> None:
    theirs = exchanges("organizations_test_show_single")[0]["response"]
    shown = next(one for one in [theirs] if "organization" in one)
    ours = client.zendesk("/organizations/10.json").json()
    assert set(ours) == set(shown)
    assert set(ours["organization"]) == set(shown["organization"])


@pytest.mark.parametrize(
    ("recording", "path", "questions"),
    [
        ("fetch_description", "/survey-definitions/SV_1", "Questions"),
        ("metadata", "/surveys/SV_1", "questions"),
    ],
)
def test_a_survey_has_the_recorded_shape(
    vendors: Vendors, client: Client, recording: str, path: str, questions: str
) -> None:
    theirs = qualtrics(recording)
    ours = client.qualtrics(path).json()

    assert set(ours) == set(theirs) == {"result", "meta"}
    assert set(ours["meta"]) == set(theirs["meta"])
    assert ours["meta"]["httpStatus"] == theirs["meta"]["httpStatus"]
    assert set(ours["result"]) == set(theirs["result"])
    known = {name for question in theirs["result"][questions].values() for name in question}
    used = {name for q in ("QID1", "QID2") for name in ours["result"][questions][q]}
    assert used <= known
    assert vendors.requests()[-1]["status"] == 200


def test_a_csv_names_its_columns_by_the_recorded_import_ids(client: Client) -> None:
    sample = (RECORDED / "qualtrics" / "qualtRics_vcr" / "sample.csv").read_text().splitlines()
    recorded = set(re.findall(r'ImportId"":""(\w+)""', sample[2]))
    jobs = "/surveys/SV_1/export-responses"
    sent = {"format": "csv", "compress": False}
    job = f"{jobs}/{client.qualtrics(jobs, sent).json()['result']['progressId']}"
    said: dict[str, Any] = {}
    while said.get("status") != "complete":
        said = client.qualtrics(job).json()["result"]
    ours = client.qualtrics(f"{jobs}/{said['fileId']}/file").text.splitlines()[2]
    used = set(re.findall(r'ImportId"": ?""(\w+)""', ours))
    assert {name for name in used if not name.startswith("QID")} <= recorded
