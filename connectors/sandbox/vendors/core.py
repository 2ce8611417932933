"""From a request to an outcome: which vendor, may it, is it too much, does a fault strike."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from . import app_store, hubspot, peakon, qualtrics, zendesk
from .faults import Armed, Fault, Faults
from .injection import Outcome, Pages, afterwards, instead
from .protocol import Call, Refuse, Reply, Route, Vendor, Why
from .world import Settings, World

VENDORS = (zendesk.VENDOR, qualtrics.VENDOR, hubspot.VENDOR, peakon.VENDOR, app_store.VENDOR)

_SIZES = ("per_page", "page[size]", "limit", "pageSize")
_LOGGED = 100_000


@dataclass(frozen=True)
class Asked:
    """A request as it came in.

    Attributes:
        path: Decoded, from the root of the server.
        query: Not decoded.
        origin: `http://127.0.0.1:8000`.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    origin: str


class Core:
    """The vendors without their network.

    One request at a time: an answer takes milliseconds, and records may change under the next.
    """

    def __init__(self, home: Path, now: datetime | None, settings: Settings) -> None:
        """Open the home."""
        self.world = World(home, now, settings, zendesk.DERIVE)
        self.faults = Faults()
        self.log: list[dict[str, Any]] = []
        self.lock = threading.Lock()
        self._pages = Pages()

    def answer(self, asked: Asked) -> Outcome:
        """Answer one request."""
        with self.lock:
            outcome = self._answer(asked)
            if len(self.log) < _LOGGED:
                self.log.append(
                    {
                        "method": asked.method,
                        "path": asked.path,
                        "query": asked.query,
                        "status": outcome.reply.status,
                    }
                )
            return outcome

    def _answer(self, asked: Asked) -> Outcome:
        vendor = next((v for v in VENDORS if asked.path.startswith(v.prefix + "/")), None)
        if vendor is None:
            return Outcome(Reply(b"there is no vendor here", 404, media="text/plain"))
        call = self._call(vendor, asked)
        hit = self.faults.strike(asked.method, asked.path, _size(call))
        return _sent(hit, self._replied(vendor, call, hit))

    def _replied(self, vendor: Vendor, call: Call, hit: list[Armed]) -> Reply:
        for armed in hit:
            reply = instead(armed, vendor, call) or self._pages.repeat(armed, call)
            if reply is not None:
                return reply
        special = frozenset({"export failed"} if _has(hit, Fault.EXPORT_FAILED) else ())
        reply = self._honest(vendor, replace(call, faults=special))
        changed = self._pages.change(hit, call, reply)
        afterwards(hit, self.world, reply.page)
        return changed

    def _honest(self, vendor: Vendor, call: Call) -> Reply:
        """What the vendor answers when nothing goes wrong."""
        headers: dict[str, str] = {}
        try:
            route, params = _find(vendor, call)
            allowed = vendor.scopes(self.world, call, route)
            self._spend(vendor, call, headers)
            _permit(route, allowed)
            reply = route.answer(self.world, replace(call, params=params))
        except Refuse as why:
            reply = vendor.refuse(why, call)
        return replace(reply, headers={**headers, **reply.headers})

    def _spend(self, vendor: Vendor, call: Call, headers: dict[str, str]) -> None:
        for window in vendor.windows:
            if window.paths.fullmatch(call.path):
                allowed, limit, left, reset = self.world.meter.spend(window)
                headers.update(window.headers(limit, left, reset))
                if not allowed and window.daily:
                    raise Refuse(Why.DAILY_QUOTA)
                if not allowed:
                    headers["Retry-After"] = str(reset)
                    raise Refuse(Why.TOO_MANY)

    def _call(self, vendor: Vendor, asked: Asked) -> Call:
        query: dict[str, str] = {}
        for name, value in parse_qsl(asked.query, keep_blank_values=True):
            query[name] = f"{query[name]},{value}" if name in query else value
        return Call(
            method=asked.method,
            path=asked.path.removeprefix(vendor.prefix),
            query=query,
            headers=asked.headers,
            body=asked.body,
            base=asked.origin + vendor.prefix,
            now=self.world.clock.now,
        )


def _find(vendor: Vendor, call: Call) -> tuple[Route, dict[str, str]]:
    known = False
    for route in vendor.routes:
        match = route.pattern.fullmatch(call.path)
        if match and route.method == call.method:
            return route, match.groupdict()
        known = known or match is not None
    raise Refuse(Why.UNKNOWN_PATH, status=405 if known else None)


def _permit(route: Route, allowed: frozenset[str]) -> None:
    if route.scope and route.scope not in allowed:
        raise Refuse(Why.MISSING_SCOPE, route.scope)


def _size(call: Call) -> int | None:
    """How big a page is asked for."""
    for name in _SIZES:
        if call.query.get(name, "").isdecimal():
            return int(call.query[name])
    try:
        limit = json.loads(call.body or b"{}").get("limit")
    except (ValueError, AttributeError):
        return None
    return limit if isinstance(limit, int) else None


def _has(hit: list[Armed], fault: Fault) -> bool:
    return any(armed.fault is fault for armed in hit)


def _sent(hit: list[Armed], reply: Reply) -> Outcome:
    """How the reply is to be sent."""
    outcome = Outcome(reply, reset=_has(hit, Fault.RESET))
    for armed in hit:
        if armed.fault is Fault.TRUNCATED:
            short = replace(outcome.reply, body=reply.body[: len(reply.body) // 2])
            outcome = replace(outcome, reply=short)
        elif armed.fault is Fault.HANG:
            outcome = replace(outcome, wait=armed.seconds or 1)
        elif armed.fault is Fault.CLOCK_SKEW:
            outcome = replace(outcome, skew=armed.seconds or 3600)
    return outcome
