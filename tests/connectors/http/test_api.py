"""Requests are bounded, waited for, decoded, or refused in one sentence."""

from __future__ import annotations

import gzip
import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import msgspec
import pytest
from far_vendor import SECRET, Answer, Connect, Far
from patience import Clock

from connectors.errors import (
    AskVendor,
    EarfulError,
    FixConfiguration,
    ResumeLater,
    TryAgain,
)
from connectors.http import Api, Bearer, Connection, Missing, Rate, Secret, Vendor
from connectors.vendors.app_store.signing import Signed
from connectors.vendors.peakon.session import Session

Anything = dict[str, Any]
HTML = {"content-type": "text/html"}


def reply(status: int = 200, body: bytes = b"{}", **headers: str) -> Answer:
    kinds = {"content-type": "application/json"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    return lambda _: httpx2.Response(status, content=body, headers=kinds)


def refused(api: Api, path: str = "things") -> EarfulError:
    with pytest.raises(EarfulError) as caught:
        api.get(path, Anything)
    assert SECRET not in str(caught.value)
    return caught.value


# --- trying again ---------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [408, 409, 425, 429, 499, 500, 502, 503, 504])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_may_pass_is_tried_again(connect: Connect, status: int, method: str) -> None:
    api, far = connect(reply(status), reply(body=b'{"n":1}'))
    got = api.get("x", Anything) if method == "GET" else api.post("x", Anything, body={"q": 1})

    assert got == {"n": 1}
    assert [request.method for request in far.asked] == [method, method]


def test_a_post_is_sent_again_with_its_body(connect: Connect) -> None:
    api, far = connect(reply(500), reply())
    api.post("search", Anything, body={"q": "é"})
    assert [json.loads(request.content) for request in far.asked] == [{"q": "é"}] * 2


@pytest.mark.parametrize(
    ("answer", "code", "kind"),
    [
        (reply(500), "VENDOR-DOWN", TryAgain),
        (reply(504), "VENDOR-DOWN", TryAgain),
        (reply(429), "VENDOR-QUOTA", ResumeLater),
        (reply(429, retry_after="0"), "VENDOR-QUOTA", ResumeLater),
        (reply(body=b'{"n":'), "VENDOR-TRUNCATED", TryAgain),
        (reply(body=b""), "VENDOR-TRUNCATED", TryAgain),
        (reply(body=b'{"n":"\xff\xfe"}'), "VENDOR-TRUNCATED", TryAgain),
        (reply(body=b"<h1>Sign in</h1>", content_type="text/html"), "VENDOR-NOT-JSON", AskVendor),
        (httpx2.ConnectError("refused"), "VENDOR-UNREACHABLE", TryAgain),
        (httpx2.ReadTimeout("slow"), "VENDOR-UNREACHABLE", TryAgain),
        (httpx2.RemoteProtocolError("reset"), "VENDOR-UNREACHABLE", TryAgain),
        (reply(body=b"no gzip", content_encoding="gzip"), "VENDOR-UNREACHABLE", TryAgain),
        (
            reply(body=gzip.compress(b"{}" * 99)[:20], content_encoding="gzip"),
            "VENDOR-TRUNCATED",
            TryAgain,
        ),
    ],
)
def test_what_never_passes_is_given_up_after_five_tries(
    connect: Connect, answer: Answer, code: str, kind: type[EarfulError]
) -> None:
    api, far = connect(answer)
    error = refused(api)

    assert (error.code, type(error)) == (code, kind)
    assert error.where == "desk.tickets (/api/things)"
    assert len(far.asked) == 5


def test_a_body_that_breaks_off_is_asked_for_again(connect: Connect) -> None:
    class Broken(httpx2.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield b'{"n":'
            raise httpx2.ReadError("reset")

    broken = httpx2.Response(200, stream=Broken(), headers={"content-type": "application/json"})
    api, far = connect(broken, reply(body=b'{"n":2}'))
    assert api.get("x", Anything) == {"n": 2}
    assert len(far.asked) == 2


# --- waiting --------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("header", "seconds"), [("30", 30), ("1.5", 1.5), ("299", 299)])
def test_the_wait_that_a_vendor_asks_for_is_kept(
    connect: Connect, clock: Clock, status: int, header: str, seconds: float
) -> None:
    api, _ = connect(reply(status, retry_after=header), reply())
    api.get("x", Anything)
    assert clock.passed == pytest.approx(seconds)


def test_a_date_is_meant_on_the_vendors_clock(connect: Connect, clock: Clock) -> None:
    told = {"date": "Sun, 01 Mar 2020 12:00:00 GMT"}
    api, _ = connect(reply(429, retry_after="Sun, 01 Mar 2020 12:00:20 GMT", **told), reply())
    api.get("x", Anything)
    assert clock.passed == pytest.approx(20)


@pytest.mark.parametrize("headers", [{}, {"retry_after": "0"}])
def test_without_a_wait_the_pauses_grow(
    connect: Connect, clock: Clock, headers: Mapping[str, str]
) -> None:
    api, far = connect(reply(429, **headers))
    refused(api)
    assert len(far.asked) == 5
    assert clock.slept[0] >= 0.5
    assert clock.slept[-1] >= 4


def test_others_of_the_class_wait_too(connect: Connect, clock: Clock) -> None:
    api, _ = connect(reply(429, retry_after="20"), reply())
    api.of_class("search").get("x", Anything)
    Api(api.connection, "desk.users", kind="search").get("y", Anything)
    assert clock.passed == pytest.approx(20)


@pytest.mark.parametrize(
    ("headers", "when"),
    [
        ({"retry_after": "72000"}, "after 01 Mar 20:00"),
        ({"retry_after": "Mon, 02 Mar 2026 00:00:00 GMT"}, "after 02 Mar 00:00"),
        ({"retry_after": "99999999999999"}, "after 02 Mar 00:00"),
        (
            {
                "x_ratelimit_app_global_day_remaining": "0",
                "x_ratelimit_app_global_day_reset": "43200",
            },
            "after 02 Mar 00:00",
        ),
    ],
)
def test_a_long_wait_is_left_to_a_later_run(
    connect: Connect, clock: Clock, headers: dict[str, str], when: str
) -> None:
    at = "Sun, 01 Mar 2026 00:00:00 GMT" if "72000" in str(headers) else None
    date = at or "Sun, 01 Mar 2026 12:00:00 GMT"
    api, far = connect(reply(429, date=date, **headers))
    error = refused(api)

    assert (error.code, error.exit_code) == ("VENDOR-QUOTA", 75)
    assert when in error.remedy or "99999" in str(headers)
    assert (len(far.asked), clock.slept) == (1, [])


def test_a_used_up_day_is_not_slept_through(connect: Connect, clock: Clock) -> None:
    api, far = connect(reply(429, b'{"policyName":"DAILY"}'), used_up=lambda r: b"DAILY" in r.body)
    assert "tomorrow" in refused(api).remedy
    assert (len(far.asked), clock.slept) == (1, [])


def test_a_server_that_asks_for_hours_is_not_waited_for(connect: Connect, clock: Clock) -> None:
    api, far = connect(reply(503, retry_after="36000"))
    assert refused(api).code == "VENDOR-DOWN"
    assert (len(far.asked), clock.slept) == (1, [])


def test_the_waits_of_one_request_have_a_common_end(connect: Connect, clock: Clock) -> None:
    api, _ = connect(reply(429, retry_after="200"))
    assert refused(api).code == "VENDOR-QUOTA"
    assert clock.passed <= 300


# --- sizes ----------------------------------------------------------------------------------------


def sizes(far: Far) -> list[str]:
    return [parse_qs(request.url.query.decode())["per_page"][0] for request in far.asked]


def test_a_gateways_timeout_halves_the_page_for_good(connect: Connect) -> None:
    api, far = connect(reply(504), reply(504), reply())
    api.sized("big", Anything, ("per_page", 1000))
    api.sized("big", Anything, ("per_page", 1000))
    api.sized("other", Anything, ("per_page", 1000))

    assert sizes(far) == ["1000", "500", "250", "250", "1000"]


def test_other_failures_leave_the_page_as_it_is(connect: Connect) -> None:
    api, far = connect(reply(500), reply(429), reply())
    api.sized("big", Anything, ("per_page", 1000))
    assert sizes(far) == ["1000"] * 3


def test_a_page_is_never_smaller_than_one_record(connect: Connect) -> None:
    api, far = connect(reply(504))
    with pytest.raises(TryAgain):
        api.sized("big", Anything, ("per_page", 3))
    assert sizes(far) == ["3", "1", "1", "1", "1"]


# --- refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code", "kind", "exit_code"),
    [
        (401, "VENDOR-CREDENTIALS", FixConfiguration, 2),
        (403, "VENDOR-SCOPE", FixConfiguration, 2),
        (404, "VENDOR-NOT-FOUND", Missing, 1),
        (410, "VENDOR-NOT-FOUND", Missing, 1),
        (400, "VENDOR-REFUSED", AskVendor, 1),
        (422, "VENDOR-REFUSED", AskVendor, 1),
        (304, "VENDOR-REFUSED", AskVendor, 1),
        (302, "VENDOR-REFUSED", AskVendor, 1),
    ],
)
def test_a_refusal_is_one_sentence_that_names_the_stream(
    connect: Connect, status: int, code: str, kind: type[EarfulError], exit_code: int
) -> None:
    api, far = connect(reply(status, b'{"error":"jo@example.com"}'))
    error = refused(api, "users/7?email=jo@example.com")

    assert (error.code, type(error), error.exit_code) == (code, kind, exit_code)
    assert error.where == "desk.tickets (/api/users/7)"
    assert "jo@example.com" not in str(error)
    assert len(far.asked) == 1


def test_json_of_another_shape_is_told_by_its_path_alone(connect: Connect) -> None:
    class Envelope(msgspec.Struct):
        tickets: list[int]

    api, far = connect(reply(body=b'{"tickets":["jo@example.com"]}'))
    with pytest.raises(AskVendor, match=r"at \$\.tickets\[0\]") as caught:
        api.get("x", Envelope)
    assert caught.value.code == "VENDOR-ENVELOPE"
    assert "jo@example.com" not in str(caught.value)
    assert len(far.asked) == 1


# --- who we are -----------------------------------------------------------------------------------


def test_a_session_is_renewed_once(connect: Connect) -> None:
    granted = reply(body=b'{"data":{"id":"token-1"}}')
    again = reply(body=b'{"data":{"id":"token-2"}}')
    api, far = connect(granted, reply(401), again, reply(), auth=Session(Secret(SECRET)))
    api.get("x", Anything)

    sent = [request.headers.get("authorization") for request in far.asked]
    assert sent == [None, "Bearer token-1", None, "Bearer token-2"]


def test_a_session_that_stays_refused_is_not_renewed_for_ever(connect: Connect) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith("auth/application"):
            return httpx2.Response(200, json={"data": {"id": "token"}})
        return httpx2.Response(401)

    api, far = connect(answer, auth=Session(Secret(SECRET)))
    assert refused(api).code == "VENDOR-CREDENTIALS"
    assert len(far.asked) == 4


@pytest.mark.parametrize("status", [401, 404])
def test_an_application_that_is_refused_is_told_of_at_once(connect: Connect, status: int) -> None:
    api, far = connect(reply(status), auth=Session(Secret(SECRET)))
    error = refused(api)
    assert (type(error), error.code) == (FixConfiguration, "VENDOR-CREDENTIALS")
    assert error.where.startswith("desk.tickets")
    assert len(far.asked) == 1


def test_two_streams_whose_session_dies_at_once_share_the_new_one(connect: Connect) -> None:
    exchanged = iter(range(1, 9))
    both = threading.Barrier(2, timeout=5)

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith("auth/application"):
            return httpx2.Response(200, json={"data": {"id": f"token-{next(exchanged)}"}})
        if request.headers["authorization"] == "Bearer token-1":
            both.wait()
            return httpx2.Response(401)
        return httpx2.Response(200, json={})

    api, far = connect(answer, auth=Session(Secret(SECRET)))
    failed: list[Exception] = []

    def read() -> None:
        try:
            api.get("x", Anything)
        except EarfulError as error:
            failed.append(error)

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert sum(r.url.path.endswith("auth/application") for r in far.asked) == 2


def test_a_refused_signature_is_made_anew_once(connect: Connect) -> None:
    from connectors.sandbox.vendors.credentials import app_store_private_key  # noqa: PLC0415

    signed = Signed(Secret("issuer"), Secret("key"), Secret(app_store_private_key()))
    api, far = connect(reply(401), reply(), auth=signed)
    api.get("x", Anything)
    first, second = (request.headers["authorization"] for request in far.asked)
    assert first != second

    api, far = connect(reply(401), auth=signed)
    assert refused(api).code == "VENDOR-CREDENTIALS"
    assert len(far.asked) == 2


@pytest.mark.parametrize("key", ["", "nonsense", "-----BEGIN PRIVATE KEY-----\nAAAA\n"])
def test_a_key_that_cannot_sign_is_told_of_without_showing_it(connect: Connect, key: str) -> None:
    api, far = connect(reply(), auth=Signed(Secret("issuer"), Secret("key"), Secret(key)))
    error = refused(api)
    assert (error.code, error.where) == ("VENDOR-KEY", "desk.tickets, secrets.private_key")
    assert far.asked == []


# --- where requests go ----------------------------------------------------------------------------


def test_a_redirect_on_the_same_host_is_followed(connect: Connect) -> None:
    moved = reply(307, location="https://acme.example/api/v3/things")
    api, far = connect(moved, reply(302, location="/api/v4/things"), reply(body=b'{"n":1}'))
    assert api.get("things", Anything) == {"n": 1}
    assert [r.url.path for r in far.asked] == ["/api/things", "/api/v3/things", "/api/v4/things"]
    assert far.asked[-1].headers["authorization"] == f"Bearer {SECRET}"


def test_a_circle_of_redirects_ends(connect: Connect) -> None:
    api, far = connect(reply(302, location="/api/things"))
    assert refused(api).code == "VENDOR-REDIRECTS"
    assert len(far.asked) == 3


ELSEWHERE = [
    "https://evil.example/api/things",
    "https://acme.example.evil.example/api",
    "https://acme.example@evil.example/api",
    "https://acme.example:8443/api/things",
    "http://acme.example/api/things",
    "https://acme.example\\@evil.example/api",
    "ftp://acme.example/api",
]


@pytest.mark.parametrize("location", [*ELSEWHERE, "//evil.example/things"])
def test_a_redirect_to_another_host_is_not_followed(connect: Connect, location: str) -> None:
    api, far = connect(reply(302, location=location))
    assert refused(api).code in ("VENDOR-ELSEWHERE", "VENDOR-UNREACHABLE")
    assert {request.url.host for request in far.asked} == {"acme.example"}
    assert {request.url.scheme for request in far.asked} == {"https"}


@pytest.mark.parametrize("link", [*ELSEWHERE, "https://[evil", "https://acme.example\n.evil/x"])
@pytest.mark.parametrize("way", ["get", "download"])
def test_a_link_to_another_host_is_not_asked(
    connect: Connect, tmp_path: Path, link: str, way: str
) -> None:
    api, far = connect(reply())
    with pytest.raises(AskVendor) as caught:
        api.get(link, Anything) if way == "get" else api.download(link, tmp_path / "file")
    assert caught.value.code == "VENDOR-ELSEWHERE"
    assert far.asked == []


@pytest.mark.parametrize("link", ["https://ACME.example:443/api/n?a=1", "https://acme.example/api"])
def test_a_link_to_the_same_host_in_other_words_is_asked(connect: Connect, link: str) -> None:
    api, far = connect(reply())
    api.get(link, Anything)
    assert len(far.asked) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://acme.example",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "acme.zendesk.com",
        "ftp://acme.example",
        "https://",
        "https://user@acme.example",
        "https://:password@acme.example",
        "https://acme.example/?a=1",
        "https://acme.example/#x",
        "https://[acme",
        "https://acme.example:port",
        "https://acme.example\n",
        "",
    ],
)
def test_an_address_that_is_none_or_sends_secrets_in_the_clear_is_refused(url: str) -> None:
    vendor = Vendor("Acme", rates={"default": Rate(1, 1)}, ping="ping")
    with pytest.raises(FixConfiguration) as caught:
        Connection(vendor, url, Bearer(Secret(SECRET)), "desk")
    assert (caught.value.code, caught.value.where) == ("VENDOR-URL", "desk, url")
    assert "password" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://[::1]:8000", "http://localhost"])
def test_plain_http_stays_on_this_machine_and_takes_no_proxy(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    vendor = Vendor("Acme", rates={"default": Rate(1, 1)}, ping="ping")
    connection = Connection(vendor, url, Bearer(Secret(SECRET)), "desk")
    assert connection.client._mounts == {}
    connection.close()


def test_certificates_are_always_checked() -> None:
    vendor = Vendor("Acme", rates={"default": Rate(1, 1)}, ping="ping")
    connection = Connection(vendor, "https://acme.example", Bearer(Secret(SECRET)), "desk")
    context = connection.client._transport._pool._ssl_context  # type: ignore[attr-defined]
    connection.close()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


# --- what is sent ---------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["a+b=c|d%e f&g#h/ü", "%2B", "MTU3||467|+9=", "", "0"])
def test_a_cursor_arrives_to_the_letter(connect: Connect, value: str) -> None:
    api, far = connect(reply())
    api.get("x", Anything, cursor=value, **{"page[size]": 100})
    query = urlsplit(str(far.asked[0].url)).query
    assert parse_qs(query, keep_blank_values=True) == {"cursor": [value], "page[size]": ["100"]}
    assert "+" not in query


def test_a_vendors_own_link_is_asked_as_it_is(connect: Connect) -> None:
    link = "https://acme.example/api/x?cursor=a%2Bb%3D%7C%25&page%5Bsize%5D=100"
    api, far = connect(reply())
    api.get(link, Anything)
    assert str(far.asked[0].url) == link


def test_nothing_is_sent_for_a_parameter_without_a_value(connect: Connect) -> None:
    api, far = connect(reply())
    api.get("x?a=1", Anything, b=None, **{"role[]": ("agent", "admin")})
    assert (
        str(far.asked[0].url) == "https://acme.example/api/x?a=1&role%5B%5D=agent&role%5B%5D=admin"
    )


# --- files ----------------------------------------------------------------------------------------


def test_a_file_is_whole_or_asked_for_again(connect: Connect, tmp_path: Path) -> None:
    class Broken(httpx2.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield b"half of"
            raise httpx2.ReadError("reset")

    target = tmp_path / "file"
    api, far = connect(
        lambda _: httpx2.Response(200, stream=Broken()), reply(502), reply(body=b"all of it")
    )
    api.download("file", target)
    assert target.read_bytes() == b"all of it"
    assert len(far.asked) == 3


def test_a_file_too_is_fetched_with_a_new_session(connect: Connect, tmp_path: Path) -> None:
    granted = [reply(body=b'{"data":{"id":"t%d"}}' % n) for n in (1, 2)]
    answers = (granted[0], reply(401), granted[1], reply(body=b"it"))
    api, _ = connect(*answers, auth=Session(Secret(SECRET)))
    api.download("file", tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"it"


def test_a_file_that_is_not_there_is_missing(connect: Connect, tmp_path: Path) -> None:
    api, _ = connect(reply(404))
    with pytest.raises(Missing):
        api.download("file", tmp_path / "file")
    assert not (tmp_path / "file").exists()


def test_what_is_downloaded_is_ours_alone_and_goes_with_the_connection(connect: Connect) -> None:
    api, _ = connect(reply())
    folder = api.connection.workplace()
    assert folder.stat().st_mode & 0o077 == 0
    api.connection.close()
    assert not folder.exists()


# --- the vendor's clock ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("date", "moment"),
    [
        ("Sun, 01 Mar 2020 12:00:00 GMT", datetime(2020, 3, 1, 12)),  # noqa: DTZ001 - UTC by contract
        ("Sun, 01 Mar 2020 12:00:00 -0000", datetime(2020, 3, 1, 12)),  # noqa: DTZ001
        ("Sun, 01 Mar 2020 12:00:00", datetime(2020, 3, 1, 12)),  # noqa: DTZ001
    ],
)
def test_the_vendors_clock_counts(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, date: str, moment: datetime
) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    __import__("time").tzset()
    api, far = connect(reply(date=date))
    assert api.now() == moment
    assert far.asked[0].url.path == "/api/ping"
    monkeypatch.delenv("TZ")
    __import__("time").tzset()


@pytest.mark.parametrize(
    "date", [{}, {"date": "yesterday"}, {"date": "Fri, 31 Dec 9999 23:59:59 -0900"}]
)
def test_without_a_readable_date_our_own_clock_counts(
    connect: Connect, date: dict[str, str]
) -> None:
    api, _ = connect(reply(**date))
    ours = datetime.now(UTC).replace(tzinfo=None)
    assert abs(api.now() - ours) < timedelta(minutes=1)


def test_a_question_is_asked_once_for_all_streams(connect: Connect) -> None:
    api, _ = connect(reply())
    asked: list[int] = []
    ask: Callable[[], int] = lambda: asked.append(1) or 7  # type: ignore[func-returns-value]  # noqa: E731
    assert [api.once("n", ask), Api(api.connection, "desk.users").once("n", ask)] == [7, 7]
    assert asked == [1]
