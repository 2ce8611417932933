"""Starting and stopping the vendors: here, in a thread of this process, or in one of their own."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Literal

from connectors.errors import FixConfiguration

from .child import in_process
from .handle import HOST, PATIENCE, Vendors
from .server import uvicorn_server, wait_for
from .world import Settings


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
        uvicorn_server(home, now, settings or Settings()).run(sockets=[listener])


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
    start = _in_thread if within == "thread" else in_process
    with _listening(port) as listener, start(home, now, settings or Settings(), listener):
        yield Vendors(listener.getsockname()[1])


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    # the protocol is named, or asyncio leaves Nagle on and small answers take 40 ms
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
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
    server = uvicorn_server(home, now, settings)
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listener]}, name="vendors", daemon=True
    )
    thread.start()
    try:
        wait_for(server)
        yield
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
