"""What tests and the demo do to the vendors over HTTP, which no client of theirs may know of."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .core import VENDORS, Core
from .faults import Armed


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
