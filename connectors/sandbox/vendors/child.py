"""The vendors in a process of their own, so that their work does not count as ours.

The listening socket is handed over, so the port cannot be lost on the way; the child ends when its
standard input does, so it never outlives whoever started it, not even if that one is killed.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import uvicorn

from connectors import errors
from connectors.errors import FixEnvironment

from .limits import Limits
from .server import uvicorn_server
from .world import Settings


@contextmanager
def in_process(
    home: Path, now: datetime | None, settings: Settings, listener: socket.socket
) -> Iterator[None]:
    """The listening socket is handed over, so that the port cannot be lost on the way."""
    arguments = {"home": str(home), "now": now and now.isoformat(), "settings": asdict(settings)}
    command = [sys.executable, "-m", __package__, str(listener.fileno()), json.dumps(arguments)]
    child = subprocess.Popen(  # noqa: S603 - our own program
        command,
        stdin=subprocess.PIPE,  # its end is how the child learns that we are gone
        stdout=subprocess.PIPE,
        pass_fds=[listener.fileno()],
        text=True,
    )
    try:
        assert child.stdout is not None  # noqa: S101 - for the type checker
        _check(child.stdout.readline(), home)
        yield
    finally:
        assert child.stdin is not None  # noqa: S101 - for the type checker
        child.stdin.close()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _check(line: str, home: Path) -> None:
    """Raise what kept the child from starting."""
    said = json.loads(line or "{}")
    if said.get("ready"):
        return
    kind = getattr(errors, said.get("kind", ""), None)
    if kind is not None:
        raise kind(said["code"], said["where"], said["what"], said["remedy"])
    raise FixEnvironment(
        "SANDBOX-START", str(home), "the vendors did not start", "What they said stands above."
    )


def child(descriptor: int, arguments: str) -> None:
    """Serve on a socket handed over, until standard input ends."""
    given = json.loads(arguments)
    limits = Limits(**given["settings"].pop("limits"))
    now = datetime.fromisoformat(given["now"]) if given["now"] else None
    with socket.socket(fileno=descriptor) as listener:
        try:
            server = uvicorn_server(
                Path(given["home"]), now, Settings(limits=limits, **given["settings"])
            )
        except errors.EarfulError as error:
            said = {n: getattr(error, n) for n in ("code", "where", "what", "remedy")}
            sys.stdout.write(json.dumps({"kind": type(error).__name__, **said}) + "\n")
            sys.exit(1)
        threading.Thread(target=_watch, args=[server], daemon=True).start()
        server.run(sockets=[listener])


def _watch(server: uvicorn.Server) -> None:
    while not server.started:
        time.sleep(0.01)
    sys.stdout.write('{"ready": true}\n')
    sys.stdout.flush()
    sys.stdin.read()
    server.should_exit = True
