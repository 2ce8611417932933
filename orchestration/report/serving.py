"""Serves the current report to this machine alone."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

from connectors.errors import FixEnvironment
from orchestration.report.editions import reports
from orchestration.settings import Settings

_HOST = "127.0.0.1"


class _Handler(SimpleHTTPRequestHandler):
    """Files of the current report, whichever that is when they are asked for."""

    server: ThreadingHTTPServer

    def do_GET(self) -> None:
        """A page, unless it is asked for by a name that is not this machine's."""
        # a page of somebody else could let its name point here and read the answer
        host, _, _ = self.headers.get("Host", "").partition(":")
        if host in (_HOST, "localhost"):
            super().do_GET()
        else:
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST)

    do_HEAD = do_GET  # noqa: N815 - the base's name

    def end_headers(self) -> None:
        """Nothing is kept: the next version has the same addresses."""
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def list_directory(self, path: object) -> None:  # noqa: ARG002 - signature of the base
        """Show no folders."""
        self.send_error(HTTPStatus.NOT_FOUND)

    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""


@contextmanager
def serving(settings: Settings, port: int) -> Iterator[ThreadingHTTPServer]:
    """A server of the current report; 0 takes a free port.

    Raises:
        FixEnvironment: There is no report yet, or the port is taken.
    """
    current = reports(settings).root / "current"
    if not (current / "index.html").is_file():
        raise FixEnvironment(
            "REPORT-MISSING", str(current), "there is no report yet", "earful report builds it."
        )
    handler = functools.partial(_Handler, directory=str(current))
    try:
        server = ThreadingHTTPServer((_HOST, port), handler)
    except OSError as error:
        raise FixEnvironment(
            "REPORT-PORT",
            f"{_HOST}:{port}",
            f"cannot be listened on ({error.strerror})",
            "Name another one with --port, or 0 for any that is free.",
        ) from error
    with server:
        yield server
