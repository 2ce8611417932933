"""One vendor's API as its connectors see it: bounded requests, waited for, decoded, or refused.

What callers can count on: a request is tried a bounded number of times and never longer than
`PATIENCE`; credentials go to the configured host only; an error names source, stream and path,
never a query, a body or a secret.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, urlencode, urlsplit

import httpx2
import msgspec
import stamina

from connectors.errors import AskVendor
from connectors.http import answers
from connectors.http.answers import PATIENCE
from connectors.http.connection import Connection, Reply
from connectors.http.hosts import same_host

ATTEMPTS = 5
"""Tries of one request."""

_SHORT = 0.5
_HOPS = 3
_BLOCK = 1 << 20
_LOG = logging.getLogger("connectors.http")

T = TypeVar("T")


@dataclass(frozen=True)
class Api:
    """A connection, seen from one stream; `where` names it in messages."""

    connection: Connection = field(repr=False)
    where: str
    kind: str = "default"

    def of_class(self, kind: str) -> Api:
        """The same, within the budget of another endpoint class."""
        return replace(self, kind=kind)

    def get(self, path: str, as_: type[T], /, **params: object) -> T:
        """GET `path` (or a vendor's own link to its next page), decoded as `as_`.

        Raises:
            FixConfiguration: Credentials, scope, or an id that the configuration names.
            TryAgain: The vendor failed or could not be reached, after several tries.
            AskVendor: The answer is not what the vendor promises.
            ResumeLater: A quota is used up.
        """
        return self._decoded("GET", path, as_, params=params)

    def post(self, path: str, as_: type[T], /, body: object, **params: object) -> T:
        """POST `body` as JSON; for endpoints that read. See `get`."""
        return self._decoded("POST", path, as_, params=params, body=body)

    def sized(self, path: str, as_: type[T], size: tuple[str, int], /, **params: object) -> T:
        """GET a page of at most so many records; a gateway's timeout halves the page, for good.

        Args:
            path: See `get`.
            as_: See `get`.
            size: Name of the parameter that sizes a page, and how large it may be.
            params: Others.
        """
        name, largest = size
        sizes = self.connection.sizes

        def smaller() -> dict[str, object]:
            sizes[path] = max(1, sizes.get(path, largest) // 2)
            return {name: sizes[path]}

        params[name] = sizes.get(path, largest)
        return self._decoded("GET", path, as_, params=params, smaller=smaller)

    def download(self, path: str, target: Path) -> None:
        """GET a file of any size into `target`."""
        self._tried(path, lambda: self._stream(path, target))

    def now(self) -> datetime:
        """The vendor's clock, naive UTC: ours may be wrong, and its windows are meant on its own.

        It is read from the `Date` header of answers, whole seconds.
        """
        if self.connection.clock is None:
            self.get(self.connection.vendor.ping, msgspec.Raw)
        if self.connection.clock is None:
            return datetime.now(UTC).replace(tzinfo=None)
        at, then = self.connection.clock
        return at + timedelta(seconds=int(time.monotonic() - then))

    def once(self, name: str, ask: Callable[[], T]) -> T:
        """What `ask` finds out, asked once for all streams of a run."""
        connection = self.connection
        with connection.lock:
            if name not in connection.known:
                connection.known[name] = ask()
        found: T = connection.known[name]
        return found

    def _decoded(
        self,
        method: str,
        path: str,
        as_: type[T],
        *,
        params: Mapping[str, object],
        body: object = None,
        smaller: Callable[[], Mapping[str, object]] | None = None,
    ) -> T:
        wanted = dict(params)

        def attempt() -> T:
            try:
                reply = self._ask(method, path, wanted, body)
                return answers.decoded(reply, as_, self._at(path))
            except answers.Slow:
                if smaller is not None:
                    wanted.update(smaller())
                raise

        return self._tried(path, attempt)

    def _tried(self, path: str, attempt: Callable[[], T]) -> T:
        """Try until it works, as often and as long as is reasonable."""
        waits = _Waits()
        try:
            for again in stamina.retry_context(
                on=waits.next, attempts=ATTEMPTS, timeout=None, wait_initial=0.5, wait_max=PATIENCE
            ):
                with again:
                    return attempt()
        except answers.Passing as problem:
            error = problem.error
        else:
            raise AssertionError(f"{self._at(path)}: no attempt was made")
        # raised out here: what hangs on the problem may hold more than a message should
        raise error

    def _ask(self, method: str, path: str, params: Mapping[str, object], body: object) -> Reply:
        for last in (False, True):
            request = self._request(method, path, params, body)
            reply = self._sent(request)
            if not self._renews(reply.status, request, last=last):
                break
        self._judge(reply, path)
        return reply

    def _renews(self, status: int, request: httpx2.Request, *, last: bool) -> bool:
        """Whether the request was refused for credentials that can be renewed, once."""
        refused = status == answers.UNAUTHORIZED
        return refused and not last and self.connection.auth.renew(request.headers)

    def _judge(self, reply: Reply, path: str) -> None:
        """Let a good answer pass; see `answers.judge` for the others."""
        try:
            answers.judge(reply, self._at(path), self.connection.vendor, self.now_known())
        except answers.Passing as problem:
            if problem.wait is not None and problem.wait <= PATIENCE:
                self.connection.budget.pause(self.kind, problem.wait)
            raise

    def _request(
        self, method: str, path: str, params: Mapping[str, object], body: object
    ) -> httpx2.Request:
        self.connection.budget.take(self.kind)
        headers = {"Accept": "application/json", **self.connection.auth.headers(self)}
        content = None
        if body is not None:
            content = msgspec.json.encode(body)
            headers["Content-Type"] = "application/json"
        url = self._address(path, params)
        return self.connection.client.build_request(method, url, headers=headers, content=content)

    def _address(self, path: str, params: Mapping[str, object]) -> str:
        """Whole address. Values are encoded to the letter: cursors hold `+`, `=` and `|`."""
        url = self._whole(path)
        same_host(self.connection.url, url, self.where)
        given = {name: value for name, value in params.items() if value is not None}
        if not given:
            return url
        query = urlencode(given, doseq=True, safe="", quote_via=quote)
        return f"{url}{'&' if '?' in url else '?'}{query}"

    def _whole(self, path: str) -> str:
        return path if "://" in path else f"{self.connection.url}/{path.lstrip('/')}"

    def _sent(self, request: httpx2.Request) -> Reply:
        with self._open(request) as response:
            return Reply(response.status_code, _lower(response), self._body(response, request))

    def _open(self, request: httpx2.Request) -> closing[httpx2.Response]:
        """Send it, following redirects on the same host; the answer's body is still to be read."""
        for _ in range(_HOPS):
            with answers.network(self._at(str(request.url))):
                response = self.connection.client.send(request, stream=True)
            self._read_clock(response)
            onward = response.next_request
            if onward is None:
                return closing(response)
            response.close()
            same_host(self.connection.url, str(onward.url), self.where)
            request = onward
        raise AskVendor(
            "VENDOR-REDIRECTS",
            self._at(str(request.url)),
            "the vendor redirects in a circle",
            "Check `url` in the source's YAML.",
        )

    def _body(self, response: httpx2.Response, request: httpx2.Request) -> bytes:
        with answers.network(self._at(str(request.url))):
            return response.read()

    def _stream(self, path: str, target: Path) -> None:
        for last in (False, True):
            request = self._request("GET", path, {}, None)
            with self._open(request) as response:
                if response.is_success:
                    self._write(response, path, target)
                    return
                reply = Reply(response.status_code, _lower(response), self._body(response, request))
            if not self._renews(reply.status, request, last=last):
                break
        self._judge(reply, path)

    def _write(self, response: httpx2.Response, path: str, target: Path) -> None:
        with answers.network(self._at(path)), target.open("wb") as file:
            for block in response.iter_bytes(_BLOCK):
                file.write(block)

    def now_known(self) -> datetime:
        """The vendor's clock where an answer told it, else ours; aware UTC."""
        known = self.connection.clock
        return datetime.now(UTC) if known is None else known[0].replace(tzinfo=UTC)

    def _read_clock(self, response: httpx2.Response) -> None:
        date = response.headers.get("date")
        if date:
            try:
                at = parsedate_to_datetime(date)
                # the header is UTC by definition, also where its zone is not written so
                at = at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at
            except (ValueError, OverflowError):
                return
            self.connection.clock = (at, time.monotonic())

    def _at(self, path: str) -> str:
        """The stream and the path, without host and query."""
        return f"{self.where} ({urlsplit(self._whole(path)).path})"


def _lower(response: httpx2.Response) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


@dataclass
class _Waits:
    """How long the tries of one request wait, by the vendor's word or by back-off."""

    asked: float = 0.0

    def next(self, error: Exception) -> bool | float:
        """Whether and when to try again."""
        if not isinstance(error, answers.Passing):
            return False
        wait = error.wait or 0.0
        self.asked += wait
        if self.asked > PATIENCE:
            return False
        # after no word, and after "at once", back-off: five tries at once help nobody
        return True if wait < _SHORT else wait


def _told(details: stamina.instrumentation.RetryDetails) -> None:
    """Say why it takes long; the library's own words would go to the standard output."""
    problem = details.caused_by
    if isinstance(problem, answers.Passing):
        error = problem.error
        _LOG.info("%s: %s; trying again in %.1f s", error.where, error.what, details.wait_for)


stamina.instrumentation.set_on_retry_hooks((_told,))
