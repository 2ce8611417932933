"""Starting and stopping the vendors: here, in a thread of this process, or in one of their own."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import msgspec
import uvicorn

from connectors import errors
from connectors.errors import FixConfiguration, FixEnvironment

from .core import Core
from .faults import Armed, Fault
from .limits import Limits
from .server import application
from .world import Settings

HOST = "127.0.0.1"
_PATIENCE = 60.0


class Vendors:
    """The running vendors.

    Attributes:
        url: `http://127.0.0.1:<port>`; a vendor lives at `<url>/<name>/…`.
    """

    def __init__(self, port: int) -> None:
        """Talk to the vendors on a port."""
        self.port = port
        self.url = f"http://{HOST}:{port}"

    @property
    def now(self) -> datetime:
        """The vendors' clock, naive UTC."""
        return datetime.fromisoformat(self._control("GET", "state")["now"])

    def advance(self, by: timedelta) -> datetime:
        """Let time pass."""
        sent = {"seconds": by.total_seconds()}
        return datetime.fromisoformat(self._control("POST", "advance", sent)["now"])

    def at(self, moment: datetime) -> datetime:
        """Let time pass until a moment, which may not lie before the present one."""
        sent = {"to": moment.isoformat()}
        return datetime.fromisoformat(self._control("POST", "advance", sent)["now"])

    def fault(self, fault: Fault, on: str = "*", **options: Any) -> None:  # noqa: ANN401 - Armed's
        """Arm one fault; `options` are those of `Armed`."""
        self.arm([Armed(fault, on, **options)])

    def arm(self, faults: Iterable[Armed]) -> None:
        """Arm several faults."""
        self._control("POST", "faults", [msgspec.to_builtins(armed) for armed in faults])

    def calm(self) -> None:
        """Take all faults away."""
        self._control("DELETE", "faults")

    @property
    def armed(self) -> list[dict[str, Any]]:
        """The faults that have not struck as often as they were armed to."""
        found: list[dict[str, Any]] = self._control("GET", "state")["faults"]
        return found

    def requests(self, *, forget: bool = False) -> list[dict[str, Any]]:
        """Method, path, query and status of every request so far; `forget` them after."""
        found: list[dict[str, Any]] = self._control("GET", "requests")
        if forget:
            self._control("DELETE", "requests")
        return found

    def _control(self, method: str, name: str, sent: object = None) -> Any:  # noqa: ANN401 - JSON
        connection = http.client.HTTPConnection(HOST, self.port, timeout=_PATIENCE)
        try:
            body = None if sent is None else json.dumps(sent)
            connection.request(method, f"/_sandbox/{name}", body)
            response = connection.getresponse()
            found = json.loads(response.read())
        finally:
            connection.close()
        if response.status != http.HTTPStatus.OK:
            raise ValueError(found["error"])
        return found


def serve(
    home: Path,
    port: int = 0,
    *,
    now: datetime | None = None,
    settings: Settings | None = None,
) -> None:
    """Serve until interrupted.

    Args:
        home: The company's folder, with `systems/` in it.
        port: 0 takes a free one.
        now: Where the vendors' clock begins if the home keeps none; else where the tables end.
        settings: How the vendors behave.

    Raises:
        FixConfiguration: The port is taken, or there is no company here.
    """
    with _listening(port) as listener:
        _server(home, now, settings).run(sockets=[listener])


@contextmanager
def running(
    home: Path,
    port: int = 0,
    *,
    now: datetime | None = None,
    settings: Settings | None = None,
    within: Literal["thread", "process"] = "thread",
) -> Iterator[Vendors]:
    """The vendors, ready when the block begins and gone when it ends.

    Args:
        home: As of `serve`, which tells the other arguments and errors too.
        port: 0 takes a free one.
        now: Where the vendors' clock begins if the home keeps none.
        settings: How the vendors behave.
        within: A thread is quickest and dies with a test; a process keeps its work off this one.
    """
    start = _in_thread if within == "thread" else _in_process
    with _listening(port) as listener, start(home, now, settings or Settings(), listener):
        yield Vendors(listener.getsockname()[1])


def _server(home: Path, now: datetime | None, settings: Settings | None) -> uvicorn.Server:
    app = application(Core(home, now, settings or Settings()))
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,  # the vendors' own clock stands there
        lifespan="off",
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config)


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
            listener.listen(128)
        except (OSError, OverflowError) as error:
            raise FixConfiguration(
                "SANDBOX-PORT",
                f"{HOST}:{port}",
                "the vendors cannot listen here, most likely because somebody else does",
                "Name another port, or 0 for a free one.",
            ) from error
        yield listener
    finally:
        listener.close()


@contextmanager
def _in_thread(
    home: Path, now: datetime | None, settings: Settings, listener: socket.socket
) -> Iterator[None]:
    server = _server(home, now, settings)
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listener]}, name="vendors", daemon=True
    )
    thread.start()
    try:
        _wait_for(server)
        yield
    finally:
        server.should_exit = True
        thread.join(_PATIENCE)


@contextmanager
def _in_process(
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
            server = _server(Path(given["home"]), now, Settings(limits=limits, **given["settings"]))
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


def _wait_for(server: uvicorn.Server) -> None:
    end = time.monotonic() + _PATIENCE
    while not server.started:
        if time.monotonic() > end:
            raise FixEnvironment(
                "SANDBOX-START",
                HOST,
                "the vendors did not start within a minute",
                "Is the machine overloaded? Try again.",
            )
        time.sleep(0.005)
