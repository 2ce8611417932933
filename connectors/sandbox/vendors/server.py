"""The vendors on HTTP: one application on loopback, and its control routes under `/_sandbox`."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from connectors.errors import FixEnvironment

from .answering import Answering
from .control import Control
from .core import Core
from .handle import HOST, PATIENCE
from .world import Settings


class Application:
    """The ASGI application: control by Starlette, everything else straight to the vendors."""

    def __init__(self, core: Core) -> None:
        """Serve one core."""
        control = Control(core)
        self._answering = Answering(core)
        self._control = Starlette(
            routes=[
                Route("/_sandbox/state", control.state),
                Route("/_sandbox/requests", control.requests, methods=["GET", "DELETE"]),
                Route("/_sandbox/advance", control.advance, methods=["POST"]),
                Route("/_sandbox/faults", control.faults, methods=["POST", "DELETE"]),
            ]
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        chosen = self._control if scope["path"].startswith("/_sandbox/") else self._answering
        await chosen(scope, receive, send)


class _Prompt(uvicorn.Server):
    """Looks often whether it should end: a test suite starts and stops hundreds of them."""

    async def main_loop(self) -> None:
        """Wait for the end."""
        while not self.should_exit:  # noqa: ASYNC110 - a flag that another thread sets
            await asyncio.sleep(0.01)


def uvicorn_server(home: Path, now: datetime | None, settings: Settings) -> uvicorn.Server:
    """The application in a server that is not yet running."""
    app = Application(Core(home, now, settings))
    config = uvicorn.Config(
        app,
        loop="asyncio",  # whose sockets can be reset: see `answering`
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,  # the vendors' own clock stands there
        lifespan="off",
        timeout_graceful_shutdown=1,
    )
    return _Prompt(config)


def wait_for(server: uvicorn.Server) -> None:
    """Wait until a server that runs elsewhere answers."""
    end = time.monotonic() + PATIENCE
    while not server.started:
        if time.monotonic() > end:
            raise FixEnvironment(
                "SANDBOX-START",
                HOST,
                "the vendors did not start within a minute",
                "Is the machine overloaded? Try again.",
            )
        time.sleep(0.005)
