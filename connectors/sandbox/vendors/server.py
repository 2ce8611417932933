"""The vendors on HTTP: one application on loopback, and its control routes under `/_sandbox`."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from .core import VENDORS, Asked, Core
from .faults import Armed
from .injection import Outcome, http_date

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_log = logging.getLogger(__name__)


def application(core: Core) -> Starlette:
    """The ASGI application."""
    control = Control(core)
    return Starlette(
        routes=[
            Route("/_sandbox/state", control.state),
            Route("/_sandbox/requests", control.requests, methods=["GET", "DELETE"]),
            Route("/_sandbox/advance", control.advance, methods=["POST"]),
            Route("/_sandbox/faults", control.faults, methods=["POST", "DELETE"]),
            Route("/{path:path}", Vendors(core), methods=_METHODS),
        ]
    )


class Control:
    """What tests and the demo do to the vendors, which no client may know of."""

    def __init__(self, core: Core) -> None:
        """Control one core."""
        self._core = core

    async def state(self, _request: Request) -> Response:
        """Clock, vendors and what is still armed."""
        vendors = {vendor.name: vendor.prefix for vendor in VENDORS}
        now = self._core.world.clock.now.isoformat()
        return JSONResponse({"now": now, "vendors": vendors, "faults": self._core.faults.dump()})

    async def requests(self, request: Request) -> Response:
        """Every request since the start, or since this list was deleted."""
        if request.method == "DELETE":
            self._core.log.clear()
        return JSONResponse(self._core.log)

    async def advance(self, request: Request) -> Response:
        """Move the clock: `{"seconds": 86400}` or `{"to": "2026-03-01T00:00:00"}`."""
        try:
            sent = await request.json()
            clock = self._core.world.clock
            if "to" in sent:
                clock.move_to(datetime.fromisoformat(sent["to"]))
            else:
                clock.advance(timedelta(seconds=float(sent["seconds"])))
        except (ValueError, KeyError, TypeError) as error:
            return JSONResponse({"error": str(error)}, 400)
        return await self.state(request)

    async def faults(self, request: Request) -> Response:
        """Arm a list of faults, or take all away."""
        if request.method == "DELETE":
            self._core.faults.clear()
            return await self.state(request)
        try:
            armed = msgspec.json.decode(await request.body(), type=list[Armed])
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            return JSONResponse({"error": str(error)}, 400)
        for one in armed:
            self._core.faults.arm(one)
        return await self.state(request)


class Vendors:
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
