"""What each fault does: to a request before the vendor sees it, to its answer, to its records."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from .faults import Armed, Fault
from .protocol import Call, Page, Refuse, Reply, Vendor, Why
from .render import dumps
from .world import World

_HTML = "text/html; charset=utf-8"
_DAY = 20 * 3600
_REMEMBERED = 64


@dataclass(frozen=True)
class Outcome:
    """A reply, and how it is to be sent.

    Attributes:
        wait: Seconds until the first byte.
        reset: Whether the connection breaks in the middle.
        skew: Seconds by which the Date header is off.
    """

    reply: Reply
    wait: float = 0
    reset: bool = False
    skew: float = 0


def http_date(moment: datetime) -> str:
    """A naive UTC moment as a header writes it."""
    return format_datetime(moment.replace(tzinfo=UTC), usegmt=True)


_Headers = Callable[[float, datetime], Mapping[str, str]]


def _epoch(moment: datetime, seconds: float) -> str:
    return str(int(moment.replace(tzinfo=UTC).timestamp() + seconds))


_TOO_MANY: dict[Fault, tuple[float, _Headers]] = {
    Fault.RETRY_AFTER_WHOLE: (1, lambda s, _: {"Retry-After": str(int(s))}),
    Fault.RETRY_AFTER_FLOAT: (0.5, lambda s, _: {"Retry-After": str(float(s))}),
    Fault.RETRY_AFTER_DATE: (
        1,
        lambda s, now: {"Retry-After": http_date(now + timedelta(seconds=s))},
    ),
    Fault.RETRY_AFTER_ZERO: (0, lambda _s, _: {"Retry-After": "0"}),
    Fault.RETRY_AFTER_NONE: (0, lambda _s, _: {}),
    Fault.RATE_LIMIT_RESET: (1, lambda s, now: {"X-RateLimit-Reset": _epoch(now, s)}),
    Fault.RATE_LIMIT_RETRY_AFTER: (1, lambda s, _: {"X-RateLimit-Retry-After": str(int(s))}),
    Fault.APP_DAY_RESET: (
        _DAY,
        lambda s, _: {
            "X-Ratelimit-App-Global-Day-Limit": "500",
            "X-Ratelimit-App-Global-Day-Remaining": "0",
            "X-Ratelimit-App-Global-Day-Reset": str(int(s)),
        },
    ),
    Fault.HOUR_USED_UP: (0, lambda _s, _: {"X-Rate-Limit": "user-hour-lim:3500;user-hour-rem:0;"}),
}

_REFUSALS = {
    Fault.EXPIRED_TOKEN: Why.EXPIRED,
    Fault.REVOKED_TOKEN: Why.WRONG_CREDENTIALS,
    Fault.MISSING_SCOPE: Why.MISSING_SCOPE,
    Fault.NOT_FOUND: Why.UNKNOWN_RECORD,
    Fault.SERVER_ERROR: Why.SERVER_ERROR,
}


_BROKEN = {
    Fault.BAD_GATEWAY: Reply(b"<html><h1>502 Bad Gateway</h1></html>", 502, media=_HTML),
    Fault.GATEWAY_TIMEOUT: Reply(b"upstream request timeout", 504, media="text/plain"),
    Fault.HTML: Reply(b"<!doctype html><title>Sign in</title><p>Please sign in.", media=_HTML),
}


def instead(armed: Armed, vendor: Vendor, call: Call) -> Reply | None:
    """The reply that a fault gives in the vendor's place, if it does."""
    fault = armed.fault
    if fault in _TOO_MANY:
        seconds, headers = _TOO_MANY[fault]
        seconds = seconds if armed.seconds is None else armed.seconds
        refusal = vendor.refuse(Refuse(Why.TOO_MANY), call)
        return replace(refusal, headers={**refusal.headers, **headers(seconds, call.now)})
    if fault is Fault.DAILY_QUOTA:
        refusal = vendor.refuse(Refuse(Why.DAILY_QUOTA), call)
        # HubSpot tells it by `policyName` alone
        wait = {} if vendor.name == "hubspot" else {"Retry-After": str(int(armed.seconds or _DAY))}
        return replace(refusal, headers={**refusal.headers, **wait})
    if fault in _REFUSALS:
        return vendor.refuse(Refuse(_REFUSALS[fault]), call)
    if fault is Fault.GONE:
        return vendor.refuse(Refuse(Why.UNKNOWN_RECORD, status=410), call)
    return _BROKEN.get(fault)


class Pages:
    """Puts faults into pages, and remembers each path's last honest one for those that need it."""

    def __init__(self) -> None:
        """Nothing seen yet."""
        self._last: dict[tuple[str, str], Reply] = {}

    def repeat(self, armed: Armed, call: Call) -> Reply | None:
        """The previous answer on this path, for the faults that give it again."""
        if armed.fault in {Fault.DUPLICATE_PAGE, Fault.NEVER_ADVANCES}:
            return self._last.get((call.method, call.path))
        return None

    def change(self, hit: list[Armed], call: Call, reply: Reply) -> Reply:
        """The reply with every fault of its page in it."""
        if reply.page is None:
            return reply
        before = self._last.pop((call.method, call.path), None)
        self._last[call.method, call.path] = reply
        if len(self._last) > _REMEMBERED:
            del self._last[next(iter(self._last))]
        records = list(reply.page.records)
        for armed in hit:
            records = _changed(armed, records, before.page if before else None)
        if records == list(reply.page.records):
            return reply
        return replace(reply, body=reply.page.wrap(records))


def _changed(armed: Armed, records: list[str], before: Page | None) -> list[str]:
    match armed.fault:
        case Fault.EMPTY:
            return []
        case Fault.UNSORTED:
            return records[::-1]
        case Fault.REPEATED_ROWS if before is not None:
            return [*before.records[-armed.rows :], *records]
        case Fault.NEW_FIELD:
            name = armed.field or "sandbox_surprise"
            return [_with(record, name, lambda _: "new") for record in records]
        case Fault.TYPE_CHANGE | Fault.NULL:
            is_null = armed.fault is Fault.NULL
            return _first(armed, records, lambda v: None if is_null or v is None else str(v))
    return records


def _first(armed: Armed, records: list[str], change: Callable[[Any], Any]) -> list[str]:
    hit = [_with(record, armed.field or "", change) for record in records[: armed.rows]]
    return [*hit, *records[armed.rows :]]


def _with(record: str, name: str, change: Callable[[Any], Any]) -> str:
    """A record with one field changed; dots lead into nested objects."""
    whole = json.loads(record)
    *path, last = name.split(".")
    inner = whole
    for step in path:
        inner = inner.setdefault(step, {})
    inner[last] = change(inner.get(last))
    return dumps(whole)


def afterwards(hit: list[Armed], world: World, page: Page | None) -> None:
    """What happens to the records once a page is on its way."""
    if page is None or not page.keys:
        return
    for armed in hit:
        match armed.fault:
            case Fault.EDITED_WHILE_PAGING:
                # two minutes back, so that vendors that withhold the last one show it
                world.records.edit(page.table, page.keys[0], timedelta(minutes=2))
            case Fault.TIE:
                world.records.twin(page.table, page.keys[-1])
            case Fault.VANISHED:
                world.records.remove(page.table, page.keys[0])
