"""The vendors on HTTP: one application on loopback, and its control routes under `/_sandbox`."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from connectors.errors import FixEnvironment

from .control import Control
from .core import Asked, Core
from .handle import HOST, PATIENCE
from .injection import Outcome, http_date
from .world import Settings

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def application(core: Core) -> Starlette:
    """The ASGI application."""
    control = Control(core)
    return Starlette(
        routes=[
            Route("/_sandbox/state", control.state),
            Route("/_sandbox/requests", control.requests, methods=["GET", "DELETE"]),
            Route("/_sandbox/advance", control.advance, methods=["POST"]),
            Route("/_sandbox/faults", control.faults, methods=["POST", "DELETE"]),
            Route("/{path:path}", Answering(core), methods=_METHODS),
        ]
    )


class Answering:
    """Everything that is not control."""

    def __init__(self, core: Core) -> None:
        """Answer from one core."""
        self._core = core

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        asked = Asked(
            method=request.method,
            path=scope["path"],
            query=request.url.query,
            headers=dict(request.headers),
            body=await request.body(),
            origin=f"{request.url.scheme}://{request.url.netloc}",
        )
        outcome = await run_in_threadpool(self._core.answer, asked)
        if outcome.wait:
            await asyncio.sleep(outcome.wait)
        response = Response(
            outcome.reply.body, outcome.reply.status, self._headers(outcome), outcome.reply.media
        )
        if outcome.reset:
            await _break_off(response, send)
        else:
            await response(scope, receive, send)

    def _headers(self, outcome: Outcome) -> Mapping[str, str]:
        """The vendor's headers, and the vendors' clock as the date."""
        date = self._core.world.clock.now + timedelta(seconds=outcome.skew)
        return {"Date": http_date(date), **outcome.reply.headers}


async def _break_off(response: Response, send: Send) -> None:
    """Send half of the body, then reset the connection."""
    start = {"status": response.status_code, "headers": response.raw_headers}
    await send({"type": "http.response.start", **start})
    half = response.body[: len(response.body) // 2]
    await send({"type": "http.response.body", "body": half, "more_body": True})
    # uvicorn hands its transport to nobody; found through `send`, it can be made to reset rather
    # than to close. Where it is not found, an answer cut short has to do: uvicorn closes then
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is not None:
        await asyncio.sleep(0)
        linger = struct.pack("ii", 1, 0)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        transport.abort()


class _Prompt(uvicorn.Server):
    """Looks often whether it should end: a test suite starts and stops hundreds of them."""

    async def main_loop(self) -> None:
        """Wait for the end."""
        while not self.should_exit:  # noqa: ASYNC110 - a flag that another thread sets
            await asyncio.sleep(0.01)


def uvicorn_server(home: Path, now: datetime | None, settings: Settings) -> uvicorn.Server:
    """The application in a server that is not yet running."""
    app = application(Core(home, now, settings))
    config = uvicorn.Config(
        app,
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
