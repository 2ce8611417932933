"""From an HTTP request to the core and back, broken connections included."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Mapping
from datetime import timedelta

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from .core import Asked, Core
from .injection import Outcome, http_date

_READ = 0.05
"""Seconds for the client to read what was sent: a reset throws away what was not."""


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
    """Send half of the body, then reset the connection.

    uvicorn hands its transport to nobody; found through `send`, it can be made to reset rather
    than to close. Were it not found, an answer cut short would have to do: uvicorn closes then.
    """
    start = {"status": response.status_code, "headers": response.raw_headers}
    await send({"type": "http.response.start", **start})
    half = response.body[: len(response.body) // 2]
    await send({"type": "http.response.body", "body": half, "more_body": True})
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        return
    await asyncio.sleep(_READ)
    linger = struct.pack("ii", 1, 0)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()
    await asyncio.sleep(0)
