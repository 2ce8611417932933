"""What an answer means: good, worth another try, or an error named by what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

import httpx2
import msgspec

from connectors.errors import (
    AskVendor,
    EarfulError,
    FixConfiguration,
    Missing,
    ResumeLater,
    TryAgain,
)
from connectors.http.retry_after import wait_seconds

if TYPE_CHECKING:
    from connectors.http.connection import Reply, Vendor

T = TypeVar("T")

UNAUTHORIZED = 401
_FORBIDDEN = 403
_NOT_FOUND = (404, 410)
_TOO_MANY = 429
_GATEWAY_TIMEOUT = 504
# 408 and 425 ask for it, 409 is Zendesk's for a passing conflict, 499 Typeform's for giving up
_PASSING = (408, 409, 425, 499)
_SERVER = 500

PATIENCE = 300.0
"""Seconds that a vendor may ask us to wait within a run; past that, the next run goes on."""


class Passing(Exception):
    """May go through on another try; raises `error` where it never does.

    Args:
        error: What to tell the user in the end.
        wait: Seconds that the vendor asks for; None leaves it to back-off.
    """

    def __init__(self, error: EarfulError, wait: float | None = None) -> None:
        """Keep both."""
        super().__init__(error.code)
        self.error = error
        self.wait = wait


class Slow(Passing):
    """A gateway gave up waiting: a smaller page may go through."""


def judge(reply: Reply, where: str, vendor: Vendor, now: datetime) -> None:
    """Let a good answer pass.

    Raises:
        Passing: Try again.
        FixConfiguration: Credentials or scope.
        Missing: 404 or 410.
        ResumeLater: A quota is used up, or the wait is longer than a run should last.
        AskVendor: Any other refusal.
    """
    status = reply.status
    if status < 300:  # noqa: PLR2004 - redirects were followed before
        return
    if status == _TOO_MANY:
        raise _too_many(reply, where, vendor, now)
    if status in _PASSING or status >= _SERVER:
        error = TryAgain(
            "VENDOR-DOWN",
            where,
            f"{vendor.name} answers {status}, again and again",
            "Run again later; what has landed stays.",
        )
        kind = Slow if status == _GATEWAY_TIMEOUT else Passing
        raise kind(error, wait_seconds(reply.headers, now))
    raise _refusal(status, where, vendor)


def _too_many(reply: Reply, where: str, vendor: Vendor, now: datetime) -> Exception:
    wait = wait_seconds(reply.headers, now)
    if vendor.used_up(reply) or (wait is not None and wait > PATIENCE):
        when = "tomorrow" if wait is None else f"after {now + timedelta(seconds=wait):%d %b %H:%M}"
        return ResumeLater(
            "VENDOR-QUOTA",
            where,
            f"{vendor.name}'s quota is used up",
            f"Run again {when} (UTC); what has landed stays, and reading goes on from there.",
        )
    error = ResumeLater(
        "VENDOR-QUOTA",
        where,
        f"{vendor.name} answers 429 however long we wait",
        "Run again later, or lower `rates` in the source's YAML if others share the quota.",
    )
    return Passing(error, wait)


def _refusal(status: int, where: str, vendor: Vendor) -> EarfulError:
    if status == UNAUTHORIZED:
        return FixConfiguration(
            "VENDOR-CREDENTIALS",
            where,
            f"{vendor.name} does not accept the credentials",
            "Check the variables that `secrets` names, whether the token was revoked, and whether "
            "`url` is the tenant's region.",
        )
    if status == _FORBIDDEN:
        return FixConfiguration(
            "VENDOR-SCOPE",
            where,
            f"{vendor.name} does not let these credentials read this",
            "Give the token the scope, or its user the role, that docs/vendors.md names; or leave "
            "the stream out with `skip`.",
        )
    if status in _NOT_FOUND:
        return Missing(
            "VENDOR-NOT-FOUND",
            where,
            f"{vendor.name} answers {status}",
            "Check `url` and `only` in the source's YAML.",
        )
    return AskVendor(
        "VENDOR-REFUSED",
        where,
        f"{vendor.name} answers {status}",
        "Check `url` in the source's YAML: wrong regions are answered like this too.",
    )


def decoded(reply: Reply, as_: type[T], where: str) -> T:
    """The body as `as_`.

    Raises:
        Passing: It is no JSON, or only the beginning of some.
        AskVendor: It is JSON of another shape than the vendor documents.
    """
    kind = reply.headers.get("content-type", "").partition(";")[0].strip()
    if "json" not in kind:
        raise Passing(
            AskVendor(
                "VENDOR-NOT-JSON",
                where,
                f"the answer is {kind or 'of no type'}, not JSON",
                "Check `url` in the source's YAML, and whether a proxy answers in its place.",
            )
        )
    try:
        return msgspec.json.decode(reply.body, type=as_)
    except msgspec.ValidationError as error:
        path = str(error).partition(" - at ")[2].strip("`") or "$"
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        path = ""
    # raised out here, so that no error of the library's hangs on ours
    if path:
        raise AskVendor(
            "VENDOR-ENVELOPE",
            where,
            f"the answer has another shape than documented, at {path}",
            "See whether the vendor has changed its API; what has landed stays.",
        )
    raise Passing(
        TryAgain(
            "VENDOR-TRUNCATED",
            where,
            "the answer ends in the middle",
            "Run again later; what has landed stays.",
        )
    )


@contextmanager
def network(where: str) -> Iterator[None]:
    """Turn what goes wrong on the wire into `Passing`; the library's own words are left behind."""
    try:
        yield
    except httpx2.RequestError as error:
        name = type(error).__name__
    else:
        return
    # raised out here: the library's error holds the request, and with it the credentials
    raise Passing(
        TryAgain(
            "VENDOR-UNREACHABLE",
            where,
            f"no whole answer came ({name})",
            "Check the network and `url` in the source's YAML; what has landed stays.",
        )
    )
