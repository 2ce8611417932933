"""Whatever goes wrong at a vendor is survived, or stops a sync that the next one makes good."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import polars as pl
import pytest
from patience import Clock, hurried
from tenants import EVERY, Reader, bytes_of

from connectors.families import TABLES
from connectors.landing import Landing
from connectors.sandbox.company import CompanyConfig, generate
from connectors.sandbox.vendors import Fault, Limits, Settings, Vendors, bad_day, running
from connectors.vendors import NAMES

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

Current = dict[str, list[dict[str, Any]]]
SETTINGS = Settings(limits=Limits.roomy())
SIZES = {
    "incremental/tickets/cursor": 20,
    "incremental/users/cursor": 20,
    "incremental/ticket_events": 150,
}
TICKETS = ("zendesk", "tickets")
EVENTS = ("zendesk", "ticket_events")
RATINGS = ("zendesk", "satisfaction_ratings")
CONTACTS = ("hubspot", "contacts")
RESPONSES = ("qualtrics", "responses")
ANSWERS = ("peakon", "answers")
REVIEWS = ("app_store", "customer_reviews")
PATHS = {
    TICKETS: "/zendesk/*/incremental/tickets/cursor*",
    EVENTS: "/zendesk/*/incremental/ticket_events*",
    RATINGS: "/zendesk/*/satisfaction_ratings*",
    ("zendesk", "users"): "/zendesk/*/incremental/users/cursor*",
    ("zendesk", "organizations"): "/zendesk/*/incremental/organizations*",
    ("zendesk", "deleted_users"): "/zendesk/*/deleted_users*",
    CONTACTS: "/hubspot/crm/v3/objects/contacts/search",
    ("hubspot", "deals"): "/hubspot/crm/v3/objects/deals/search",
    ("qualtrics", "contacts"): "/qualtrics/*/contacts*",
    ("qualtrics", "questions"): "/qualtrics/*/surveys/SV_*",
    ("qualtrics", "invitations"): "/qualtrics/*/distributions/*/history*",
    RESPONSES: "/qualtrics/*/export-responses",
    ANSWERS: "/peakon/*/answers/export",
    ("peakon", "segments"): "/peakon/*/segments",
    REVIEWS: "/app_store/*/customerReviews",
}
LISTED = [s for s in PATHS if s[1] not in ("responses", "questions", "invitations")]
FILE = "/qualtrics/*/file"
PROGRESS = "/qualtrics/*/export-responses/ES_*"


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Nobody waits, and pages and packages are small."""
    monkeypatch.setattr("connectors.vendors.hubspot.readers._PAGE", 20)
    monkeypatch.setattr("connectors.vendors.peakon.answers._PAGE", 500)
    monkeypatch.setattr("connectors.vendors.qualtrics.exports._LINES", 10)
    monkeypatch.setattr("connectors.sync.PACKAGE_RECORDS", 30)
    return hurried(monkeypatch)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("faults") / "company"
    generate(home, CompanyConfig(scale=0.003, months=10))
    return home


@pytest.fixture(scope="module")
def shared(home: Path) -> Iterator[Vendors]:
    """For faults that leave the records as they are."""
    with running(home, settings=SETTINGS) as vendors:
        yield vendors


@pytest.fixture
def vendors(shared: Vendors) -> Iterator[Vendors]:
    shared.calm()
    shared.requests(forget=True)
    yield shared
    shared.calm()


@pytest.fixture
def copied(home: Path, tmp_path: Path) -> Path:
    """A home whose clock may be moved."""
    shutil.copytree(home, tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def own(copied: Path) -> Iterator[Vendors]:
    """For faults that change the records."""
    with running(copied, settings=SETTINGS) as vendors:
        yield vendors


@pytest.fixture
def reader(vendors: Vendors, tmp_path: Path) -> Reader:
    return Reader(vendors, Landing(tmp_path / "landing"), SIZES)


@pytest.fixture(scope="module")
def calm(
    shared: Vendors, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[tuple[str, str]], Current]:
    """What a stream is when nothing goes wrong."""
    known: dict[tuple[str, str], Current] = {}

    def find(stream: tuple[str, str]) -> Current:
        if stream not in known:
            quiet = Reader(shared, Landing(tmp_path_factory.mktemp("calm")), SIZES)
            armed = shared.armed
            shared.calm()
            quiet.sync(*stream)
            assert armed == []
            known[stream] = quiet.current(*stream)
        return known[stream]

    return find


# --- survived -------------------------------------------------------------------------------------

WAITS = [
    Fault.RETRY_AFTER_WHOLE,
    Fault.RETRY_AFTER_FLOAT,
    Fault.RETRY_AFTER_DATE,
    Fault.RETRY_AFTER_ZERO,
    Fault.RETRY_AFTER_NONE,
    Fault.RATE_LIMIT_RESET,
    Fault.RATE_LIMIT_RETRY_AFTER,
    Fault.HOUR_USED_UP,
]
BROKEN = [
    Fault.SERVER_ERROR,
    Fault.BAD_GATEWAY,
    Fault.GATEWAY_TIMEOUT,
    Fault.RESET,
    Fault.TRUNCATED,
    Fault.HTML,
]
DISORDER = [Fault.UNSORTED, Fault.REPEATED_ROWS, Fault.NEW_FIELD]
SURVIVED: list[tuple[Fault, tuple[str, str], str | None, dict[str, Any]]] = [
    *((fault, TICKETS, None, {"after": 1, "times": 2}) for fault in WAITS),
    *((fault, stream, None, {}) for fault in BROKEN for stream in (TICKETS, CONTACTS, ANSWERS)),
    *((fault, RESPONSES, FILE, {}) for fault in (Fault.RESET, Fault.HTML, Fault.TRUNCATED)),
    (Fault.GATEWAY_TIMEOUT, TICKETS, None, {"times": None, "above": 5}),
    (Fault.GATEWAY_TIMEOUT, EVENTS, None, {"times": None, "above": 40}),
    (Fault.EXPIRED_TOKEN, ANSWERS, None, {"after": 1}),
    (Fault.EXPIRED_TOKEN, REVIEWS, None, {}),
    (Fault.EXPORT_FAILED, RESPONSES, PROGRESS, {"after": 1, "times": 2}),
    *(
        (Fault.CLOCK_SKEW, stream, "*", {"times": None, "seconds": seconds})
        for stream in (RATINGS, CONTACTS)
        for seconds in (-90, 3600)
    ),
    (Fault.NOT_FOUND, EVENTS, "/zendesk/*/tickets/*/comments", {"times": None}),
    (Fault.GONE, EVENTS, "/zendesk/*/tickets/*/comments", {"times": None}),
    *((Fault.HANG, stream, None, {"seconds": 0.5}) for stream in (TICKETS, ANSWERS)),
]


@pytest.mark.parametrize(
    ("fault", "stream", "on", "how"),
    SURVIVED,
    ids=[f"{f}-{s[0]}.{s[1]}-{on or ''}" for f, s, on, _ in SURVIVED],
)
def test_a_fault_is_survived_without_a_difference(  # noqa: PLR0913, PLR0917 - fixtures
    vendors: Vendors,
    reader: Reader,
    calm: Callable[[tuple[str, str]], Current],
    monkeypatch: pytest.MonkeyPatch,
    fault: Fault,
    stream: tuple[str, str],
    on: str | None,
    how: dict[str, Any],
) -> None:
    expected = calm(stream)
    if fault is Fault.HANG:
        monkeypatch.setattr("connectors.http.connection._TIMEOUT", httpx2.Timeout(0.2))
    vendors.fault(fault, on or PATHS[stream], **how)

    reader.sync(*stream)

    found = reader.current(*stream)
    if fault in (Fault.NOT_FOUND, Fault.GONE):
        # how a comment reads without its redacted words nobody can tell: its ticket went as well
        found["case_messages"] = expected["case_messages"]
    assert found == expected


@pytest.mark.parametrize("stream", LISTED, ids=".".join)
def test_pages_in_disorder_with_a_new_field_lose_nothing(
    vendors: Vendors,
    reader: Reader,
    calm: Callable[[tuple[str, str]], Current],
    stream: tuple[str, str],
) -> None:
    expected = without(calm(stream), "attributes")
    for fault in DISORDER:
        # the page before the first one would be another sync's
        after = int(fault is Fault.REPEATED_ROWS)
        vendors.fault(fault, PATHS[stream], times=None, after=after, rows=5)
    landed = reader.sync(*stream)

    assert without(reader.current(*stream), "attributes") == expected
    assert {name for m in landed for name in m.unknown_fields} == {"sandbox_surprise"}
    for manifest in landed:
        for table in manifest.tables:
            folder = reader.landing.root / manifest.source / manifest.stream / manifest.load_id
            frame = pl.read_parquet(folder / f"{table}.parquet")
            # the raw gate would set a record aside that stands twice in a package
            assert not frame.select(TABLES[table].key).is_duplicated().any(), table


def without(tables: Current, column: str) -> Current:
    return {
        table: [{k: v for k, v in row.items() if k != column} for row in rows]
        for table, rows in tables.items()
    }


# --- stopped --------------------------------------------------------------------------------------

FOR_EVER = {"times": None, "after": 1}
STOPPED: list[tuple[Fault, tuple[str, str], str, dict[str, Any], str]] = [
    (Fault.APP_DAY_RESET, TICKETS, "", FOR_EVER, "VENDOR-QUOTA"),
    (Fault.DAILY_QUOTA, TICKETS, "", FOR_EVER, "VENDOR-QUOTA"),
    (Fault.DAILY_QUOTA, CONTACTS, "", FOR_EVER, "VENDOR-QUOTA"),
    (Fault.HOUR_USED_UP, REVIEWS, "", {"times": None}, "VENDOR-QUOTA"),
    (Fault.RETRY_AFTER_WHOLE, TICKETS, "", FOR_EVER | {"seconds": 3600}, "VENDOR-QUOTA"),
    (Fault.RETRY_AFTER_WHOLE, TICKETS, "", FOR_EVER, "VENDOR-QUOTA"),
    (Fault.RETRY_AFTER_NONE, TICKETS, "", FOR_EVER, "VENDOR-QUOTA"),
    (Fault.SERVER_ERROR, TICKETS, "", FOR_EVER, "VENDOR-DOWN"),
    (Fault.BAD_GATEWAY, EVENTS, "", FOR_EVER, "VENDOR-DOWN"),
    (Fault.GATEWAY_TIMEOUT, TICKETS, "", FOR_EVER, "VENDOR-DOWN"),
    (Fault.RESET, ANSWERS, "", FOR_EVER, "VENDOR-UNREACHABLE"),
    (Fault.TRUNCATED, TICKETS, "", FOR_EVER, "VENDOR-TRUNCATED"),
    (Fault.HTML, CONTACTS, "", FOR_EVER, "VENDOR-NOT-JSON"),
    (Fault.HTML, RESPONSES, FILE, {"times": None}, "VENDOR-EXPORT"),
    (Fault.TRUNCATED, RESPONSES, FILE, {"times": None}, "VENDOR-EXPORT"),
    (Fault.RESET, RESPONSES, FILE, {"times": None}, "VENDOR-UNREACHABLE"),
    (Fault.EXPORT_FAILED, RESPONSES, PROGRESS, {"times": None}, "VENDOR-EXPORT"),
    (Fault.EXPIRED_TOKEN, TICKETS, "", FOR_EVER, "VENDOR-CREDENTIALS"),
    (Fault.EXPIRED_TOKEN, ANSWERS, "", FOR_EVER, "VENDOR-CREDENTIALS"),
    *((Fault.REVOKED_TOKEN, s, "", FOR_EVER, "VENDOR-CREDENTIALS") for s in (TICKETS, ANSWERS)),
    (Fault.REVOKED_TOKEN, REVIEWS, "", {}, "VENDOR-CREDENTIALS"),
    *((Fault.MISSING_SCOPE, s, "", FOR_EVER, "VENDOR-SCOPE") for s in (TICKETS, CONTACTS, ANSWERS)),
    *(
        (Fault.DUPLICATE_PAGE, s, "", {"after": 1}, "VENDOR-NO-PROGRESS")
        for s in (TICKETS, EVENTS, CONTACTS, ANSWERS)
    ),
    *(
        (Fault.NEVER_ADVANCES, s, "", {"after": 1}, "VENDOR-NO-PROGRESS")
        for s in (TICKETS, EVENTS, CONTACTS, ANSWERS)
    ),
    *((Fault.NOT_FOUND, s, "", FOR_EVER, "VENDOR-NOT-FOUND") for s in (TICKETS, ANSWERS)),
    (Fault.GONE, TICKETS, "", FOR_EVER, "VENDOR-NOT-FOUND"),
]


@pytest.mark.parametrize(
    ("fault", "stream", "on", "how", "code"),
    STOPPED,
    ids=[f"{f}-{s[0]}.{s[1]}-{on}" for f, s, on, *_ in STOPPED],
)
def test_a_fault_stops_a_sync_in_one_sentence_and_the_next_one_makes_it_good(  # noqa: PLR0913, PLR0917 - fixtures
    vendors: Vendors,
    reader: Reader,
    calm: Callable[[tuple[str, str]], Current],
    fault: Fault,
    stream: tuple[str, str],
    on: str,
    how: dict[str, Any],
    code: str,
) -> None:
    expected = calm(stream)
    vendors.requests(forget=True)
    vendors.fault(fault, on or PATHS[stream], **how)

    error = reader.stopped(*stream)

    assert error.code == code
    assert error.where.startswith(".".join(stream))
    assert len(vendors.requests()) < 60
    landed = sum(len(rows) for rows in reader.current(*stream).values())
    if how.get("after") and stream != EVENTS:
        assert landed > 0
    assert [p.name for p in reader.landing.root.rglob(".tmp-*")] == []
    vendors.calm()
    reader.sync(*stream)
    assert reader.current(*stream) == expected


def test_a_survey_that_went_since_it_was_listed_is_passed_over(
    vendors: Vendors,
    reader: Reader,
    calm: Callable[[tuple[str, str]], Current],
) -> None:
    for stream in [RESPONSES, ("qualtrics", "questions"), ("qualtrics", "invitations")]:
        expected = calm(stream)
        vendors.fault(Fault.GONE, PATHS[stream])
        reader.sync(*stream)
        vendors.calm()
        reader.sync(*stream)
        if stream[1] != "invitations":
            assert reader.current(*stream) == expected


# --- records --------------------------------------------------------------------------------------

FIELDS = {
    TICKETS: ["id", "created_at", "updated_at"],
    EVENTS: ["id", "ticket_id", "timestamp"],
    RATINGS: ["id", "ticket_id", "updated_at"],
    ("zendesk", "users"): ["id", "updated_at"],
    ("zendesk", "deleted_users"): ["id", "updated_at"],
    CONTACTS: ["id", "createdAt", "updatedAt"],
    ("hubspot", "deals"): ["id", "createdAt", "updatedAt"],
    ("qualtrics", "contacts"): ["contactId"],
    ("qualtrics", "invitations"): ["contactId"],
    ANSWERS: ["attributes.answerId", "attributes.roundId", "attributes.responseAnsweredAt"],
    ("peakon", "segments"): ["id", "attributes.name"],
    REVIEWS: ["id", "attributes.createdDate"],
}


@pytest.mark.parametrize(
    ("stream", "field"), [(stream, field) for stream, fields in FIELDS.items() for field in fields]
)
def test_a_null_where_there_is_never_one_sets_one_record_of_a_page_aside(
    vendors: Vendors, reader: Reader, stream: tuple[str, str], field: str
) -> None:
    vendors.fault(Fault.NULL, PATHS[stream], field=field, times=None)
    landed = reader.sync(*stream)

    assert sum(m.counts.accepted for m in landed) > 0
    assert 0 < sum(m.counts.rejected for m in landed) <= len(vendors.requests())
    assert set(rejects(reader)["path"]) == {f"$.{field}"}
    assert rejects(reader)["reason"].str.starts_with("Expected").all()


@pytest.mark.parametrize(
    ("stream", "field"),
    [
        (TICKETS, "requester_id"),
        (EVENTS, "updater_id"),
        (EVENTS, "timestamp"),
        (RATINGS, "ticket_id"),
        (ANSWERS, "attributes.answerScore"),
    ],
)
def test_a_text_where_a_number_is_promised_sets_one_record_of_a_page_aside(
    vendors: Vendors, reader: Reader, stream: tuple[str, str], field: str
) -> None:
    vendors.fault(Fault.TYPE_CHANGE, PATHS[stream], field=field, times=None)
    landed = reader.sync(*stream)

    assert sum(m.counts.accepted for m in landed) > 0
    assert 0 < sum(m.counts.rejected for m in landed) <= len(vendors.requests())
    assert set(rejects(reader)["path"]) == {f"$.{field}"}
    assert rejects(reader)["reason"].str.contains("got `str`").all()
    # of employees nothing is kept that nobody could map
    assert rejects(reader)["body"].is_null().all() == (stream == ANSWERS)


def rejects(reader: Reader) -> pl.DataFrame:
    return pl.concat(map(pl.read_parquet, reader.landing.root.rglob("rejects.parquet")))


# --- a world that moves on ------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [Fault.EDITED_WHILE_PAGING, Fault.TIE])
@pytest.mark.parametrize(
    "stream", [TICKETS, EVENTS, ("zendesk", "users"), CONTACTS, RESPONSES, ANSWERS]
)
def test_what_changes_while_it_is_read_is_there_in_the_end(
    own: Vendors, tmp_path: Path, fault: Fault, stream: tuple[str, str]
) -> None:
    reader = Reader(own, Landing(tmp_path / "landing"), SIZES)
    own.fault(fault, PATHS[stream], times=2)
    reader.sync(*stream)
    own.calm()
    own.advance(timedelta(minutes=5))
    reader.sync(*stream)

    fresh = Reader(own, Landing(tmp_path / "fresh"), SIZES)
    fresh.sync(*stream)
    assert reader.current(*stream) == fresh.current(*stream)


@pytest.mark.parametrize("stream", [("qualtrics", "contacts"), ("peakon", "segments"), REVIEWS])
def test_what_vanishes_while_it_is_read_is_gone_in_the_end(
    own: Vendors, tmp_path: Path, stream: tuple[str, str]
) -> None:
    reader = Reader(own, Landing(tmp_path / "landing"), SIZES)
    own.fault(Fault.VANISHED, PATHS[stream], times=1)
    reader.sync(*stream)
    own.calm()
    own.advance(timedelta(minutes=5))
    reader.sync(*stream)

    fresh = Reader(own, Landing(tmp_path / "fresh"), SIZES)
    fresh.sync(*stream)
    assert reader.current(*stream) == fresh.current(*stream)


def test_a_record_that_vanishes_without_a_word_does_not_stop_a_sync(
    own: Vendors, tmp_path: Path
) -> None:
    for stream in (TICKETS, EVENTS, CONTACTS):
        reader = Reader(own, Landing(tmp_path / stream[1]), SIZES)
        own.fault(Fault.VANISHED, PATHS[stream], times=2)
        reader.sync(*stream)
        own.calm()
        reader.sync(*stream)


@pytest.mark.slow
def test_a_company_that_moves_on_is_in_the_end_what_a_first_sync_finds(
    copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.sync.PACKAGE_RECORDS", 1000)
    begin = datetime(2024, 6, 1)  # noqa: DTZ001 - the vendors' clock is naive UTC
    with running(copied, now=begin, settings=SETTINGS) as vendors:
        reader = Reader(vendors, Landing(tmp_path / "landing"))
        reader.everything()
        for _ in range(2):
            vendors.advance(timedelta(days=30))
            assert reader.everything()
        # a run without news says so, and lands nothing
        assert reader.everything() == []
        fresh = Reader(vendors, Landing(tmp_path / "fresh"))
        fresh.everything()
        for vendor in NAMES:
            found, expected = reader.current(vendor), fresh.current(vendor)
            assert found == expected, vendor
            assert all(found.values()), vendor


@pytest.mark.slow
def test_a_bad_day_at_all_vendors_leaves_no_difference(
    vendors: Vendors, reader: Reader, calm: Callable[[tuple[str, str]], Current]
) -> None:
    expected = {stream: calm(stream) for stream in EVERY}
    vendors.arm(bad_day())
    for stream in EVERY:
        reader.sync(*stream)
    for stream in EVERY:
        assert without(reader.current(*stream), "attributes") == without(
            expected[stream], "attributes"
        )


# --- nothing leaks --------------------------------------------------------------------------------


def test_no_secret_is_in_any_file_and_no_employee_in_peakons(
    vendors: Vendors, reader: Reader, home: Path
) -> None:
    vendors.fault(Fault.NULL, PATHS[ANSWERS], field="attributes.roundId", rows=3)
    vendors.fault(Fault.TYPE_CHANGE, PATHS[ANSWERS], field="attributes.answerId", rows=3, after=1)
    vendors.fault(Fault.NEW_FIELD, PATHS[ANSWERS], field="employeeEmail", times=None)
    for stream in EVERY:
        reader.sync(*stream, keep_raw=True)

    secrets = [
        value.encode()
        for of in reader.secrets.values()
        for name, value in of.items()
        if name not in ("email", "key_id")
    ]
    people = pl.read_parquet(home / "systems" / "peakon_employees" / "*.parquet")
    named = {
        text.encode() for name in ("name", "email", "external_id") for text in people[name].unique()
    }
    ids = {b'"%d"' % number for number in people["id"].unique()}
    assert len(named) > 20
    for path, content in bytes_of(reader.landing.root):
        assert not [s for s in secrets if s in content], path
        if "peakon" in path.parts:
            assert not [n for n in named | ids if n in content], path
    hashes = {row["respondent_hash"] for row in reader.current(*ANSWERS)["pulse_answers"]}
    assert all(len(one) == 64 for one in hashes)


def test_every_fault_is_tested() -> None:
    tested = {case[0] for case in SURVIVED} | {case[0] for case in STOPPED}
    elsewhere = {
        *DISORDER,
        Fault.EMPTY,
        Fault.EDITED_WHILE_PAGING,
        Fault.TIE,
        Fault.VANISHED,
        Fault.NULL,
        Fault.TYPE_CHANGE,
    }
    assert tested | elsewhere == set(Fault)
