from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from company import NOON, Client

from connectors.sandbox.vendors import Limits, Settings, running
from connectors.sandbox.vendors import credentials as known

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])
JOBS = "/surveys/SV_1/export-responses"


def export(client: Client, **sent: object) -> tuple[list[dict[str, Any]], httpx2.Response]:
    """Run a job: what was said on the way, and the file."""
    started = client.qualtrics(JOBS, sent).json()["result"]
    said = [started]
    while said[-1]["status"] == "inProgress":
        assert len(said) < 20
        said.append(client.qualtrics(f"{JOBS}/{started['progressId']}").json()["result"])
    return said, client.qualtrics(f"{JOBS}/{said[-1]['fileId']}/file")


def unzipped(file: httpx2.Response) -> str:
    with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
        (name,) = archive.namelist()
        return archive.read(name).decode()


def test_a_job_is_complete_when_it_says_so_and_not_at_a_hundred_per_cent(client: Client) -> None:
    said, file = export(client, format="ndjson", compress=True)

    assert [(one["status"], one["percentComplete"]) for one in said] == [
        ("inProgress", 0.0),
        ("inProgress", 50.0),
        ("inProgress", 100.0),
        ("complete", 100.0),
    ]
    assert file.headers["content-type"] == "application/zip"
    lines = [json.loads(line) for line in unzipped(file).splitlines()]
    assert {} in lines
    first, second = (line for line in lines if line)
    assert first["values"]["QID1"] == 9
    assert first["values"]["QID2_TEXT"] == 'He said "yes"'
    assert first["values"]["QID3_1"] == 3
    assert first["values"]["touchpoint"] == "call"
    assert first["values"]["duration"] == 60
    assert first["values"]["QID4"] == ["1", "3"]
    assert first["values"]["QID1_NPS_GROUP"] == 3
    assert first["values"]["recordedDate"] == "2026-03-01T08:00:00.000Z"
    assert first["displayedFields"] == ["QID1", "QID2_TEXT", "QID3_1", "QID4"]
    assert first["labels"] == {
        "status": "IP Address",
        "finished": "True",
        "QID1": "9",
        "QID3_1": "3",
        "QID4": ["Tone", "Speed"],
    }
    assert first["displayedValues"]["QID3_1"] == [1, 2, 3]
    assert first["displayedValues"]["QID4"] == ["1", "3"]
    assert second["responseId"] == "R_2"
    assert "touchpoint" not in second["values"]


def test_json_and_csv_hold_the_same_answers(client: Client) -> None:
    whole = json.loads(unzipped(export(client, format="json")[1]))
    assert [one["values"]["QID1"] for one in whole["responses"]] == [9, 2]

    rows = list(csv.reader(io.StringIO(unzipped(export(client, format="csv")[1]))))
    ids = [json.loads(cell)["ImportId"] for cell in rows[2]]
    assert [row[ids.index("QID1")] for row in rows[3:]] == ["9", "2"]
    assert rows[0][ids.index("QID1")] == "Q1"
    assert rows[1][ids.index("QID1")] == "Recommend?"
    assert rows[3][ids.index("recordedDate")] == "2026-03-01 08:00:00"


def test_an_uncompressed_file_comes_bare(client: Client) -> None:
    _, file = export(client, format="json", compress=False)
    assert len(file.json()["responses"]) == 2


def test_the_window_is_one_of_recorded_dates(client: Client) -> None:
    def found(**window: str) -> list[str]:
        _, file = export(client, format="json", compress=False, **window)
        return [one["responseId"] for one in file.json()["responses"]]

    assert found(startDate="2026-03-01T08:00:00Z", endDate="2026-03-01T09:00:00Z") == ["R_1"]
    assert found(startDate="2026-03-01T09:00:00Z") == ["R_2"]
    assert found(startDate="2026-03-01T09:00:00.001Z") == []


def test_a_deleted_response_was_there_and_is_gone(home: Path) -> None:
    with running(home, now=NOON - timedelta(hours=2)) as vendors:
        client = Client(vendors)
        before = export(client, format="json", compress=False)[1].json()["responses"]
        vendors.at(NOON)
        after = export(client, format="json", compress=False)[1].json()["responses"]
    assert [one["responseId"] for one in before] == ["R_1", "R_2", "R_3"]
    assert [one["responseId"] for one in after] == ["R_1", "R_2"]


def test_a_continuation_brings_only_what_was_recorded_since(home: Path) -> None:
    with running(home, now=NOON - timedelta(hours=4)) as vendors:
        client = Client(vendors)
        said, _ = export(client, format="json", allowContinuation=True)
        vendors.at(NOON)
        token = said[-1]["continuationToken"]
        said, file = export(client, format="json", compress=False, continuationToken=token)
        assert [one["responseId"] for one in file.json()["responses"]] == ["R_2"]
        assert said[-1]["continuationToken"] != token


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"format": "xml"},
        {"format": "json", "useLabels": True},
        {"format": "ndjson", "useLabels": False},
        {"format": "json", "startDate": "yesterday"},
        {"format": "json", "startDate": "2026-03-01T08:00:00"},
        {"format": "json", "continuationToken": "?"},
    ],
)
def test_a_job_that_cannot_be_is_refused(client: Client, sent: dict[str, Any]) -> None:
    refused = client.qualtrics(JOBS, sent)
    assert refused.status_code == 400
    assert refused.json()["meta"]["httpStatus"] == "400 - Bad Request"
    assert refused.json()["meta"]["error"]["errorMessage"]


@pytest.mark.parametrize(
    "path", ["/surveys/SV_9", "/survey-definitions/SV_9", f"{JOBS}/ES_9", f"{JOBS}/x/file", "/x"]
)
def test_what_is_unknown_is_not_found(client: Client, path: str) -> None:
    refused = client.qualtrics(path)
    assert refused.status_code == 404
    assert refused.json()["meta"]["httpStatus"] == "404 - Not Found"


def test_a_definition_has_statements_and_scale_of_a_matrix(client: Client) -> None:
    asked = client.qualtrics("/survey-definitions/SV_1").json()["result"]["Questions"]
    assert list(asked) == ["QID1", "QID2", "QID3", "QID4"]
    assert asked["QID1"]["Selector"] == "NPS"
    assert len(asked["QID1"]["Choices"]) == 11
    assert asked["QID3"]["Choices"] == {"1": {"Display": "speed"}, "2": {"Display": "tone"}}
    assert asked["QID3"]["Answers"]["2"] == {"Display": "2"}
    older = client.qualtrics("/surveys/SV_1").json()["result"]["questions"]["QID3"]
    assert older["subQuestions"]["1"]["choiceText"] == "speed"


def test_a_history_names_contacts_that_the_directory_knows(client: Client) -> None:
    sent = client.qualtrics("/distributions", surveyId="SV_1").json()["result"]["elements"]
    assert (sent[0]["id"], sent[0]["stats"]["sent"], sent[0]["stats"]["finished"]) == (
        "EMD_1",
        2,
        1,
    )

    path = "/distributions/EMD_1/history"
    first = client.qualtrics(path, pageSize=1).json()["result"]
    second = client.qualtrics(first["nextPage"]).json()["result"]
    assert second["nextPage"] is None
    people = [*first["elements"], *second["elements"]]
    assert [(one["contactId"], one["status"], one["responseId"]) for one in people] == [
        ("CID_1", "SurveyFinished", "R_1"),
        ("CID_2", "Success", None),
    ]
    contact = client.qualtrics("/directories/POOL_sandbox/contacts/CID_2").json()["result"]
    assert contact["email"] == "bob@example.com"


def test_a_wrong_token_and_none_at_all_are_told_apart(client: Client) -> None:
    path = "/qualtrics/API/v3/surveys"
    none = client.http.get(path)
    wrong = client.http.get(path, headers={"X-API-TOKEN": "wrong"})
    assert (none.status_code, none.json()["meta"]["error"]["errorCode"]) == (400, "ATP_2")
    assert (wrong.status_code, wrong.json()["meta"]["error"]["errorCode"]) == (401, "DCD_7")


def test_a_narrow_token_lists_surveys_and_exports_nothing(client: Client) -> None:
    headers = {"X-API-TOKEN": known.QUALTRICS_NARROW_KEY}
    base = "/qualtrics/API/v3"
    assert client.http.get(f"{base}/surveys", headers=headers).status_code == 200
    refused = client.http.post(base + JOBS, json={"format": "json"}, headers=headers)
    assert refused.status_code == 403


def test_exports_run_into_their_own_limit(home: Path) -> None:
    limits = Limits.roomy().but(qualtrics_exports=1)
    with running(home, settings=Settings(limits=limits)) as vendors:
        client = Client(vendors)
        got = [client.qualtrics(JOBS, {"format": "json"}).status_code for _ in range(2)]
        assert got == [200, 429]


def test_how_often_a_job_has_to_be_asked_can_be_set(home: Path) -> None:
    with running(home, settings=Settings(export_polls=0)) as vendors:
        said, _ = export(Client(vendors), format="json")
    assert [one["status"] for one in said] == ["inProgress", "complete"]
