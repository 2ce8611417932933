"""What users get wrong is told in one sentence that names source, stream and what to check."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import polars as pl
import pytest
from patience import hurried
from tenants import SECRETS, Reader, current, rows, stream_of, tenant_of
from vendors_on_loopback.company import furnish

from connectors.errors import EarfulError, FixConfiguration
from connectors.landing import Landing
from connectors.sandbox.vendors import Fault, Limits, Settings, Vendors, running
from connectors.sandbox.vendors import credentials as known
from connectors.vendors import Options, Tenant, connector

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

STREAMS = {
    "zendesk": "tickets",
    "qualtrics": "responses",
    "hubspot": "contacts",
    "peakon": "answers",
    "app_store": "customer_reviews",
}


@pytest.fixture(autouse=True)
def _nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    hurried(monkeypatch)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vendors]:
    home = tmp_path_factory.mktemp("bad_input")
    furnish(home)
    with running(home, settings=Settings(limits=Limits.roomy())) as vendors:
        yield vendors


@pytest.fixture
def reader(shared: Vendors, tmp_path: Path) -> Iterator[Reader]:
    yield Reader(shared, Landing(tmp_path / "landing"))
    shared.calm()


def check(error: EarfulError, code: str, vendor: str, remedy: str) -> None:
    assert error.code == code
    assert error.where.startswith(f"{vendor}.{STREAMS[vendor]}")
    assert remedy in error.remedy
    assert "\n" not in str(error)
    for values in SECRETS.values():
        for name, value in values.items():
            assert name == "email" or value not in str(error)


WRONG: dict[str, dict[str, str]] = {
    "zendesk": {"token": "wrong"},
    "qualtrics": {"token": "wrong"},
    "hubspot": {"token": "wrong"},
    "peakon": {"token": "wrong"},
    "app_store": {"issuer_id": "wrong"},
}
NARROW: dict[str, dict[str, str]] = {
    "zendesk": {"token": known.ZENDESK_AGENT_KEY},
    "qualtrics": {"token": known.QUALTRICS_NARROW_KEY},
    "peakon": {"token": known.PEAKON_NARROW_KEY},
    "app_store": {"key_id": known.APP_STORE_NARROW_KEY_ID},
}


@pytest.mark.parametrize("vendor", WRONG)
def test_wrong_credentials(reader: Reader, vendor: str) -> None:
    reader.secrets[vendor] = {**SECRETS[vendor], **WRONG[vendor]}
    error = reader.stopped(vendor, STREAMS[vendor])
    check(error, "VENDOR-CREDENTIALS", vendor, "Check the variable")
    assert isinstance(error, FixConfiguration)


@pytest.mark.parametrize("vendor", NARROW)
def test_a_missing_scope(reader: Reader, vendor: str) -> None:
    reader.secrets[vendor] = {**SECRETS[vendor], **NARROW[vendor]}
    check(reader.stopped(vendor, STREAMS[vendor]), "VENDOR-SCOPE", vendor, "scope")


@pytest.mark.parametrize("vendor", ["qualtrics", "app_store"])
@pytest.mark.parametrize("named", ["SV_unknown", "../../etc/passwd", "a b?c=d#e", "ü", "\n"])
def test_an_unknown_part(reader: Reader, vendor: str, named: str) -> None:
    error = reader.stopped(vendor, STREAMS[vendor], given=Options(only=(named,)))
    check(error, "VENDOR-NOT-FOUND", vendor, "`only`")
    assert list(reader.landing.root.rglob("manifest.json")) == []


REGIONS: dict[str, tuple[httpx2.Response, str]] = {
    "a page for people": (httpx2.Response(200, html="<p>jo@example.com"), "VENDOR-NOT-JSON"),
    "not there": (httpx2.Response(404, html="<p>jo@example.com"), "VENDOR-NOT-FOUND"),
    "refused": (httpx2.Response(400, json={"error": "proxying"}), "VENDOR-REFUSED"),
    "another host": (
        httpx2.Response(302, headers={"location": "https://eu.example/"}),
        "VENDOR-ELSEWHERE",
    ),
    "another shape": (httpx2.Response(200, json=["jo@example.com"]), "VENDOR-ENVELOPE"),
}


@pytest.mark.parametrize("vendor", STREAMS)
@pytest.mark.parametrize("region", REGIONS)
def test_a_wrong_region(tmp_path: Path, vendor: str, region: str) -> None:
    answer, code = REGIONS[region]
    body = answer.content

    def answered(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(answer.status_code, headers=answer.headers, content=body)

    transport = httpx2.MockTransport(answered)
    tenant = tenant_of(connector(vendor), "https://acme.example", SECRETS[vendor], transport)
    with pytest.raises(EarfulError) as caught:
        list(stream_of(vendor, STREAMS[vendor], tenant).sync(Landing(tmp_path)))
    error = caught.value
    known_as = {code, "VENDOR-CREDENTIALS"} if vendor == "peakon" else {code}
    assert error.code in known_as
    assert error.where.startswith(f"{vendor}.{STREAMS[vendor]}")
    assert "jo@example.com" not in str(error)
    assert list(tmp_path.rglob("manifest.json")) == []


def test_a_token_that_is_revoked_in_mid_run_leaves_what_had_landed(reader: Reader) -> None:
    reader.sync("zendesk", "users")
    reader.vendors.fault(Fault.REVOKED_TOKEN, "/zendesk/*")
    error = reader.stopped("zendesk", "tickets")
    check(error, "VENDOR-CREDENTIALS", "zendesk", "revoked")
    assert reader.current("zendesk")["people"]
    reader.vendors.calm()
    assert reader.sync("zendesk", "tickets")


def test_an_unset_secret_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    def connect() -> Any:  # noqa: ANN401 - never returns
        raise FixConfiguration("SECRET", "desk, secrets.token", "DESK_TOKEN is not set", "Set it.")

    tenant = Tenant(connect)
    with pytest.raises(FixConfiguration, match="DESK_TOKEN"):
        list(stream_of("zendesk", "tickets", tenant).sync(Landing(tmp_path)))
    tenant.close()
    assert list(tmp_path.rglob("manifest.json")) == []


def test_a_redaction_in_the_last_second_of_an_export_lands_once(tmp_path: Path) -> None:
    redacted = {"id": 9, "event_type": "CommentRedactEvent", "comment_id": 30}
    event = {"id": 1, "ticket_id": 7, "timestamp": 1_772_000_000, "child_events": [redacted]}
    comment = {"id": 30, "author_id": 5, "body": "My card is", "public": True}
    answers: dict[str, dict[str, Any]] = {
        "ticket_events": {
            "ticket_events": [event],
            "end_time": 1_772_000_000,
            "end_of_stream": True,
        },
        "comments": {"comments": [comment]},
    }

    def answered(request: httpx2.Request) -> httpx2.Response:
        headers = {"date": "Sun, 01 Mar 2026 12:00:00 GMT"}
        found = answers.get(request.url.path.rpartition("/")[2], {})
        return httpx2.Response(200, json=found, headers=headers)

    transport = httpx2.MockTransport(answered)
    tenant = tenant_of(connector("zendesk"), "https://acme.example", SECRETS["zendesk"], transport)
    landing = Landing(tmp_path)
    stream = stream_of("zendesk", "ticket_events", tenant)
    assert len(list(stream.sync(landing))) == 1
    assert list(stream.sync(landing)) == []
    assert [row["body"] for row in current(landing, "zendesk")["case_messages"]] == ["My card is"]


# --- what Qualtrics' exports may hold -------------------------------------------------------------

SURVEY = "SV_1"
RECORDED = "2026-02-01T10:00:00Z"


def exported(tmp_path: Path, *lines: bytes, **options: Any) -> tuple[Tenant, Landing]:  # noqa: ANN401 - of `Options`
    """Land the lines of an export."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        if lines:
            archive.writestr("export.ndjson", b"\r\n".join(lines) + b"\r\n")

    def done(**result: object) -> httpx2.Response:
        headers = {"date": "Sun, 01 Mar 2026 12:00:00 GMT"}
        return httpx2.Response(200, json={"result": {"status": "", **result}}, headers=headers)

    answers: dict[str, Callable[[], httpx2.Response]] = {
        "export-responses": lambda: done(progressId="ES_1", status="inProgress"),
        "ES_1": lambda: done(status="complete", fileId="F_1", progressId="ES_1"),
        "file": lambda: httpx2.Response(200, content=file.getvalue()),
        "whoami": done,
    }

    transport = httpx2.MockTransport(lambda request: answers[request.url.path.split("/")[-1]]())
    secrets = SECRETS["qualtrics"]
    tenant = tenant_of(connector("qualtrics"), "https://acme.example", secrets, transport)
    given = replace(Options(begin=datetime(2026, 1, 1), only=(SURVEY,)), **options)  # noqa: DTZ001 - UTC by contract
    landing = Landing(tmp_path)
    list(stream_of("qualtrics", "responses", tenant, given=given).sync(landing))
    return tenant, landing


def line(number: int, **values: object) -> bytes:
    given = {"recordedDate": RECORDED, "finished": 1, **values}
    return json.dumps({"responseId": f"R_{number}", "values": given}).encode()


def answers_of(landing: Landing) -> dict[tuple[str, str], dict[str, Any]]:
    found = current(landing, "qualtrics")["survey_answers"]
    return {(row["question_id"], row["item_id"]): row for row in found}


def test_lines_without_anything_are_passed_over(tmp_path: Path) -> None:
    _, landing = exported(tmp_path, b"{}", line(1), b"", b"{}", line(2), b"{}")
    assert [r["response_id"] for r in current(landing, "qualtrics")["survey_responses"]] == [
        "R_1",
        "R_2",
    ]


def test_an_export_without_a_line_is_no_error(tmp_path: Path) -> None:
    for lines in [(), (b"{}",)]:
        _, landing = exported(tmp_path / str(len(lines)), *lines)
        assert "survey_responses" not in current(landing, "qualtrics")


def test_answers_are_numbers_texts_or_lists_as_they_were_given(tmp_path: Path) -> None:
    _, landing = exported(
        tmp_path,
        line(
            1,
            QID1=9,
            QID1_NPS_GROUP=3,
            QID2_TEXT="10",
            QID3=["1", "4"],
            QID3_4_TEXT="a cat",
            QID4_1=2,
            QID4_1_TEXT="the other row",
            QID5="",
            QID6=None,
            QID7=[],
        ),
    )
    found = {
        key: (row["value_number"], row["value_choice"], row["value_text"])
        for key, row in answers_of(landing).items()
    }
    assert found == {
        ("QID1", ""): (9.0, None, None),
        ("QID2", ""): (None, None, "10"),
        ("QID3", "1"): (None, "1", None),
        ("QID3", "4"): (None, "4", None),
        ("QID3", "4_TEXT"): (None, None, "a cat"),
        ("QID4", "1"): (2.0, None, None),
        ("QID4", "1_TEXT"): (None, None, "the other row"),
        ("QID5", ""): (None, "", None),
    }


def test_a_list_of_what_is_no_choice_sets_its_response_aside_alone(tmp_path: Path) -> None:
    odd = line(2, QID1=[{"a": 1}])
    _, landing = exported(tmp_path, line(1, QID1=["1"]), odd, line(3, QID1=["2"]))
    assert [r["response_id"] for r in current(landing, "qualtrics")["survey_responses"]] == [
        "R_1",
        "R_3",
    ]
    [reject] = pl.read_parquet(next(tmp_path.rglob("rejects.parquet"))).to_dicts()
    assert (reject["record"], reject["path"]) == (2, "$")


def test_embedded_data_may_have_any_name(tmp_path: Path) -> None:
    odd = {"Touch point": "call", "käse'\"; --": "x", "_answers": "y", "Q_Total$": 3}
    _, landing = exported(tmp_path, line(1, **odd), custom={"touchpoint": "Touch point"})
    [row] = current(landing, "qualtrics")["survey_responses"]
    assert row["touchpoint"] == "call"
    kept = json.loads(row["attributes"])["_embedded"]
    assert kept == odd or kept == {k: v for k, v in odd.items() if k != "Touch point"}


def test_a_line_that_is_no_response_is_set_aside(tmp_path: Path) -> None:
    _, landing = exported(tmp_path, line(1), b'{"values": 7}', b"nonsense", b"[]")
    assert rows(landing, "qualtrics")["survey_responses"].height == 1
    assert pl.read_parquet(next(tmp_path.rglob("rejects.parquet"))).height == 3


def test_the_exports_file_is_gone_before_the_run_ends(tmp_path: Path) -> None:
    tenant, _ = exported(tmp_path, line(1))
    connection = tenant._connection
    assert connection is not None
    assert list(connection.workplace().iterdir()) == []
    tenant.close()


def test_an_export_of_several_pages_that_was_cut_off_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.vendors.qualtrics.exports._LINES", 2)
    monkeypatch.setattr("connectors.sync.PACKAGE_RECORDS", 2)
    lines = [line(n, QID1=n) for n in range(7)]
    with monkeypatch.context() as broken:
        pages = iter([None, None, RuntimeError("killed")])

        def killed(*_: object) -> None:
            if problem := next(pages):
                raise problem

        broken.setattr("connectors.sync._map", _after(killed))
        with pytest.raises(RuntimeError):
            exported(tmp_path, *lines)
    assert 0 < rows(Landing(tmp_path), "qualtrics")["survey_responses"].height < 7
    _, landing = exported(tmp_path, *lines)
    assert len(current(landing, "qualtrics")["survey_responses"]) == 7


def _after(first: Callable[..., None]) -> Callable[..., None]:
    from connectors.sync import _map  # noqa: PLC0415 - as it is before it is replaced

    def both(*given: Any) -> None:  # noqa: ANN401 - passed on
        first()
        _map(*given)

    return both


def test_of_a_deleted_response_the_answers_go_too_and_of_an_edited_one_those_not_given(
    tmp_path: Path,
) -> None:
    exported(tmp_path, line(1, QID1=9, QID2_TEXT="x", QID3=["1", "2"]), line(2, QID1=3))
    _, landing = exported(tmp_path, line(1, QID1=8, QID3=["2"]))
    found = current(landing, "qualtrics")
    assert [row["response_id"] for row in found["survey_responses"]] == ["R_1"]
    assert set(answers_of(landing)) == {("QID1", ""), ("QID3", "2")}
    assert {row["response_id"] for row in found["survey_answers"]} == {"R_1"}


MOMENTS = [("2026-02-01T10:00:00+05:30", datetime(2026, 2, 1, 4, 30))]  # noqa: DTZ001 - UTC by contract


@pytest.mark.parametrize(("written", "moment"), MOMENTS)
def test_times_of_another_zone_become_utc(tmp_path: Path, written: str, moment: datetime) -> None:
    _, landing = exported(tmp_path, line(1, startDate=written))
    [row] = current(landing, "qualtrics")["survey_responses"]
    assert row["started_at"] == moment
