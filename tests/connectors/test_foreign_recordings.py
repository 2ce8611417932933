"""Recordings that nobody here made, read by the connectors, where they are."""

from __future__ import annotations

import csv
import gzip
import json
import os
from pathlib import Path
from typing import Any

import httpx2
import polars as pl
import pytest
import yaml
from desk import Desk
from patience import hurried
from tenants import SECRETS, current, rows, stream_of, tenant_of

from connectors.decoding import Decoder, Lines
from connectors.errors import EarfulError
from connectors.landing import Landing, Origin
from connectors.stream import Page
from connectors.sync import land
from connectors.vendors import Options, connector

ROOT = Path(__file__).parents[2]
FOREIGN = Path(os.environ.get("EARFUL_RECORDINGS", ROOT.parent / "shared" / "vendor"))
ZENDESK = FOREIGN / "zendesk" / "node_zendesk_nock"
QUALTRICS = FOREIGN / "qualtrics" / "qualtRics_vcr"

pytestmark = pytest.mark.skipif(
    not FOREIGN.is_dir(),
    reason=f"the vendors' recordings are not here: {FOREIGN} (set EARFUL_RECORDINGS)",
)


@pytest.fixture(autouse=True)
def _nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    hurried(monkeypatch)


def exchanges() -> list[dict[str, Any]]:
    """All of Zendesk's recorded exchanges, bodies decoded."""
    found: list[dict[str, Any]] = []
    for path in sorted(ZENDESK.glob("*.json")):
        for one in json.loads(path.read_text()):
            if isinstance(one["response"], list):
                body = gzip.decompress(bytes.fromhex("".join(one["response"])))
                one["response"] = json.loads(body) if body else {}
            found.append(one)
    return found


def organizations() -> list[dict[str, Any]]:
    """Every organization that stands in an answer."""
    answers = [one["response"] for one in exchanges() if isinstance(one["response"], dict)]
    listed = [row for answer in answers for row in answer.get("organizations") or []]
    return listed + [answer["organization"] for answer in answers if "organization" in answer]


def landed(
    landing: Landing, vendor: str, name: str, records: list[dict[str, Any]]
) -> dict[str, pl.DataFrame]:
    endpoint = connector(vendor).endpoints(Options())[name]
    origin = Origin(source="desk", stream=name, connector=vendor, family=endpoint.family)
    page = Page([json.dumps(record).encode() for record in records], "1")
    [manifest] = land(endpoint.stream, [page], landing, origin)
    assert (manifest.counts.rejected, manifest.unknown_fields) == (0, [])
    return rows(landing, "desk")


def test_every_recorded_organization_of_zendesk_lands_without_loss(tmp_path: Path) -> None:
    told = organizations()
    frame = landed(Landing(tmp_path), "zendesk", "organizations", told)["accounts"]

    # several answers tell of the same one, which lands once, as it was told last
    records = {str(record["id"]): record for record in told}
    assert 10 < len(records) < len(told)
    assert sorted(frame["account_ref"]) == sorted(records)
    mapped = {"id", "name", "external_id", "domain_names", "created_at", "updated_at", "deleted_at"}
    for ref, name, text in frame.select("account_ref", "name", "attributes").iter_rows():
        record = records[ref]
        assert name == record["name"]
        rest = {k: v for k, v in record.items() if k not in mapped and v is not None}
        assert json.loads(text) == rest


def test_zendesks_recorded_answers_go_through_the_http_layer(tmp_path: Path) -> None:
    """The export's envelope around recorded organizations; refusals as they were recorded."""
    records = {record["id"]: record for record in organizations()}
    body = {"organizations": [*records.values()], "end_time": 1_700_000_000, "end_of_stream": True}
    headers = {"date": "Sun, 01 Mar 2026 12:00:00 GMT"}
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, json=body, headers=headers))
    tenant = tenant_of(connector("zendesk"), "https://acme.example", SECRETS["zendesk"], transport)
    list(stream_of("zendesk", "organizations", tenant).sync(Landing(tmp_path)))
    assert len(current(Landing(tmp_path), "zendesk")["accounts"]) == len(records)


def test_zendesks_recorded_refusals_are_one_sentence_each(tmp_path: Path) -> None:
    refusals = [one for one in exchanges() if one["status"] >= 400]
    assert refusals
    for number, one in enumerate(refusals):
        transport = httpx2.MockTransport(
            lambda _, one=one: httpx2.Response(one["status"], json=one["response"])  # type: ignore[misc]
        )
        secrets = SECRETS["zendesk"]
        tenant = tenant_of(connector("zendesk"), "https://acme.example", secrets, transport)
        with pytest.raises(EarfulError) as caught:
            list(stream_of("zendesk", "users", tenant).sync(Landing(tmp_path / str(number))))
        codes = {401: "VENDOR-CREDENTIALS", 403: "VENDOR-SCOPE", 404: "VENDOR-NOT-FOUND"}
        assert caught.value.code == codes.get(one["status"], "VENDOR-REFUSED")


def surveys() -> list[dict[str, Any]]:
    """The recorded definitions of surveys."""
    found = []
    for name in ("survey_questions", "metadata"):
        for one in yaml.safe_load((QUALTRICS / f"{name}.yml").read_text())["http_interactions"]:
            result = json.loads(one["response"]["body"]["string"])["result"]
            if "questions" in result:
                found.append(result)
    return found


def test_the_recorded_surveys_of_qualtrics_become_questions(tmp_path: Path) -> None:
    for number, survey in enumerate(surveys()):
        folder = Landing(tmp_path / str(number))
        frame = landed(folder, "qualtrics", "questions", [survey])["survey_questions"]
        whole = frame.filter(pl.col("item_id") == "")
        assert whole["question_id"].to_list() == list(survey["questions"])
        assert not frame["question_text"].str.contains("<").any()
        assert (
            whole["question_type"]
            .is_in(["nps", "rating", "choice", "multi_choice", "text", "other"])
            .all()
        )
        assert not frame.select("survey_id", "question_id", "item_id").is_duplicated().any()
        stream = connector("qualtrics").endpoints(Options())["questions"].stream
        assert Decoder(stream).decode(Lines.of([json.dumps(survey).encode()])).unknown == set()


def cells_of(name: str) -> dict[str, str]:
    """The only response of an export, by the names of its columns."""
    with (QUALTRICS / name).open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.reader(file))
    return dict(zip(lines[0], lines[-1], strict=False))


EXPORT = """
files: "*.csv"
header_rows: 3
names_from: 3
columns:
  survey_id: {constant: SV_1}
  response_id: _recordId
questions:
  - {columns: QID1, as: choice, id: QID1}
  - {columns: QID2_TEXT, as: text, id: QID2}
tables:
  survey_responses:
    columns:
      submitted_at: {column: recordedDate, format: "%Y-%m-%d %H:%M:%S", time_zone: Europe/Zurich}
      status: {constant: completed}
  survey_answers: {}
"""


def test_an_export_of_qualtrics_with_three_header_rows_lands(desk: Desk) -> None:
    desk.put("sample.csv", (QUALTRICS / "sample.csv").read_bytes())
    [manifest] = desk.land(EXPORT)
    assert (manifest.counts.accepted, manifest.counts.rejected) == (1, 0)
    cells = cells_of("sample.csv")
    assert desk.table("survey_responses")["response_id"].to_list() == [cells["ResponseId"]]
    assert desk.table("survey_answers")["value_text"].drop_nulls().to_list() == [cells["Q2"]]


LEGACY = """
files: "*.csv"
header_rows: 2
names_from: 1
columns:
  survey_id: {constant: SV_1}
  response_id: V1 | ResponseID
questions:
  - {columns: Q1 | This is a multiple choice question., as: choice, id: Q1}
  - {columns: Q2 | This is a free text question., as: text, id: Q2}
tables:
  survey_responses:
    columns:
      submitted_at: {column: V9 | EndDate, format: "%Y-%m-%d %H:%M:%S", time_zone: Europe/Zurich}
      status: {constant: completed}
  survey_answers: {}
"""


def test_an_export_of_the_older_layout_lands(desk: Desk) -> None:
    desk.put("sample.csv", (QUALTRICS / "sample_legacy.csv").read_bytes())
    [manifest] = desk.land(LEGACY)
    assert (manifest.counts.accepted, manifest.counts.rejected) == (1, 0)
    cells = cells_of("sample_legacy.csv")
    assert desk.table("survey_responses")["response_id"].to_list() == [cells["V1"]]
    assert desk.table("survey_answers")["value_text"].drop_nulls().to_list() == [cells["Q2"]]
