"""What tests and the demo do to the vendors over HTTP, which no client of theirs may know of."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .core import VENDORS, Core
from .faults import Armed


class Move(msgspec.Struct):
    """Where to move the clock: by a span or to a moment."""

    seconds: float | None = None
    to: datetime | None = None


class Control:
    """The control routes; each waits for the answer that is being made."""

    def __init__(self, core: Core) -> None:
        """Control one core."""
        self._core = core

    async def state(self, _request: Request) -> Response:
        """Clock, vendors and what is still armed."""
        return await run_in_threadpool(self._state)

    async def requests(self, request: Request) -> Response:
        """Every request since the start, or since this list was deleted."""
        return await run_in_threadpool(self._requests, forget=request.method == "DELETE")

    async def advance(self, request: Request) -> Response:
        """Move the clock: `{"seconds": 86400}` or `{"to": "2026-03-01T00:00:00"}`."""
        return await run_in_threadpool(self._advance, await request.body())

    async def faults(self, request: Request) -> Response:
        """Arm a list of faults, or take all away."""
        body = b"" if request.method == "DELETE" else await request.body()
        return await run_in_threadpool(self._arm, body)

    def _state(self) -> Response:
        with self._core.lock:
            vendors = {vendor.name: vendor.prefix for vendor in VENDORS}
            now = self._core.world.clock.now.isoformat()
            faults = self._core.faults.dump()
        return JSONResponse({"now": now, "vendors": vendors, "faults": faults})

    def _requests(self, *, forget: bool) -> Response:
        with self._core.lock:
            found = list(self._core.log)
            if forget:
                self._core.log.clear()
        return JSONResponse(found)

    def _advance(self, body: bytes) -> Response:
        try:
            move = msgspec.json.decode(body, type=Move)
            with self._core.lock:
                clock = self._core.world.clock
                if move.to is not None:
                    clock.move_to(move.to)
                elif move.seconds is not None:
                    clock.advance(timedelta(seconds=move.seconds))
                else:
                    return _refused("either `seconds` or `to` has to be there")
        except (ValueError, OverflowError) as error:
            return _refused(error)
        return self._state()

    def _arm(self, body: bytes) -> Response:
        """Nothing sent takes all away."""
        try:
            armed: list[Armed] = msgspec.json.decode(body, type=list[Armed]) if body else []
        except ValueError as error:
            return _refused(error)
        with self._core.lock:
            if not body:
                self._core.faults.clear()
            for one in armed:
                self._core.faults.arm(one)
        return self._state()


def _refused(why: Any) -> Response:  # noqa: ANN401 - whatever says it
    return JSONResponse({"error": str(why)}, 400)
