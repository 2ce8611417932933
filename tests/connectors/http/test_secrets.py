"""Secrets stand in the headers of requests, and nowhere else."""

from __future__ import annotations

import gc
import logging
import traceback
import types
from collections.abc import Iterator

import httpx2
import pytest
from far_vendor import SECRET, Connect

from connectors.errors import EarfulError
from connectors.http import Auth, Basic, Header, Secret
from connectors.landing import Origin
from connectors.sync import Terms
from connectors.vendors import Options, Tenant, VendorStream, connector
from connectors.vendors.app_store.signing import Signed
from connectors.vendors.peakon.session import Session

AUTHS = [
    Header("X-API-TOKEN", Secret(SECRET)),
    Basic(Secret("admin@acme.example"), Secret(SECRET)),
    Session(Secret(SECRET)),
]


_NO_DATA = types.ModuleType | types.CodeType | types.TracebackType | types.FrameType | type


def reachable(start: object) -> Iterator[object]:
    """Everything that hangs on an object, but for code, classes, and the frames of a traceback."""
    seen: set[int] = set()
    waiting = [start]
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, _NO_DATA):
            continue
        seen.add(id(one))
        yield one
        if isinstance(one, types.FunctionType | types.BuiltinFunctionType):
            continue
        if isinstance(one, Secret):
            continue
        waiting += gc.get_referents(one)


def shown(start: object) -> str:
    return "\n".join(
        repr(one)
        for one in reachable(start)
        # the text itself is what a `Secret` holds, and containers of plain texts hold no secret
        if not isinstance(one, str | bytes)
    )


def test_a_secret_shows_three_stars() -> None:
    secret = Secret(SECRET)
    assert {repr(secret), str(secret), f"{secret}", f"{secret!r}", "%s" % secret} == {"***"}  # noqa: UP031
    assert SECRET not in repr([secret, {"a": secret}])


@pytest.mark.parametrize("auth", AUTHS, ids=lambda auth: type(auth).__name__)
def test_no_object_of_a_connection_shows_a_secret(connect: Connect, auth: Auth) -> None:
    granted = httpx2.Response(200, json={"data": {"id": "t0ken-of-the-session"}})
    api, _ = connect(lambda _: granted, auth=auth)
    auth.headers(api)

    found = connector("zendesk")
    tenant = Tenant(lambda: api.connection)
    origin = Origin(source="desk", stream="tickets", connector="zendesk", family="support")
    endpoint = found.endpoints(Options())["tickets"]
    stream = VendorStream(origin, endpoint, tenant, Options(), Terms(key=b"k3y" * 9))
    tenant.api(origin)

    for what in (repr(stream), repr(tenant), repr(api), repr(api.connection), repr(auth)):
        assert SECRET not in what
        assert "t0ken" not in what
        assert "k3yk3y" not in what


def test_a_signature_is_not_shown(connect: Connect) -> None:
    from connectors.sandbox.vendors.credentials import app_store_private_key  # noqa: PLC0415

    signed = Signed(Secret("issuer"), Secret("key"), Secret(app_store_private_key()))
    api, _ = connect(httpx2.Response(200, json={}))
    token = signed.headers(api)["Authorization"].removeprefix("Bearer ")
    assert token not in repr(signed)
    assert "PRIVATE" not in repr(signed)


FAILURES = {
    "no connection": lambda request: _raise(httpx2.ConnectError("no", request=request)),
    "reset": lambda request: _raise(httpx2.ReadError("no", request=request)),
    "server error": lambda _: httpx2.Response(500, text="jo@example.com"),
    "refused": lambda _: httpx2.Response(401, text="jo@example.com"),
    "not found": lambda _: httpx2.Response(404, text="jo@example.com"),
    "truncated": lambda _: httpx2.Response(
        200, content=b'{"jo@example.com"', headers={"content-type": "application/json"}
    ),
    "html": lambda _: httpx2.Response(200, html="jo@example.com"),
    "elsewhere": lambda _: httpx2.Response(302, headers={"location": "https://evil.example"}),
}


def _raise(error: Exception) -> httpx2.Response:
    raise error


@pytest.mark.parametrize("auth", AUTHS, ids=lambda auth: type(auth).__name__)
@pytest.mark.parametrize("failure", FAILURES)
def test_no_error_shows_a_secret_nor_a_body_nor_a_query(
    connect: Connect, caplog: pytest.LogCaptureFixture, failure: str, auth: Auth
) -> None:
    for name in ("", "httpx2", "httpcore2", "stamina", "connectors"):
        caplog.set_level(logging.DEBUG, logger=name)
    api, _ = connect(FAILURES[failure], auth=auth)
    with pytest.raises(EarfulError) as caught:
        api.get("users", dict, email="jo@example.com")

    error = caught.value
    # nothing hangs on it that could say more than it does
    assert error.__cause__ is None
    assert error.__context__ is None
    told = "".join(traceback.format_exception(error)) + caplog.text
    told += "".join(str(vars(record)) for record in caplog.records)
    for hidden in (SECRET, "jo@example.com", "jo%40example.com"):
        # a traceback quotes the line of this test
        assert hidden not in told.replace('email="jo@example.com"', "")
    kept = shown([error, error.args, vars(error)])
    assert SECRET not in kept


def test_what_is_tried_again_is_said_in_one_line(
    connect: Connect, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    api, _ = connect(
        lambda _: httpx2.Response(429, headers={"retry-after": "30"}),
    )
    with pytest.raises(EarfulError):
        api.get("users", dict)
    lines = [record.getMessage() for record in caplog.records if record.name == "connectors.http"]
    assert lines[0].startswith("desk.tickets (/api/users): Acme answers 429")
    assert "trying again in 30.0 s" in lines[0]
    assert capsys.readouterr().out == ""
