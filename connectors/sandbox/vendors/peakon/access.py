"""Peakon's tokens, and its words for a refusal.

An application key is exchanged for a token that dies by and by; an unknown key is *not found*.

Source: developer.peakon.com (authentication). Bodies of refusals are unverified.
"""

from __future__ import annotations

import base64
import secrets
import time

from connectors.sandbox.vendors import credentials as known
from connectors.sandbox.vendors.protocol import Call, Refuse, Reply, Route, Why
from connectors.sandbox.vendors.render import dumps
from connectors.sandbox.vendors.replies import bearer, respond
from connectors.sandbox.vendors.world import World

COMPANY, COMPANY_ID = "Sandbox", 1


ANSWERS = "answers:read"


_ERRORS = {
    Why.UNKNOWN_PATH: (404, "Not Found"),
    Why.UNKNOWN_RECORD: (404, "Not Found"),
    Why.BAD_PARAMETER: (400, "Bad Request"),
    Why.NO_CREDENTIALS: (401, "Unauthorized"),
    Why.WRONG_CREDENTIALS: (401, "Unauthorized"),
    Why.EXPIRED: (401, "Token expired"),
    Why.MISSING_SCOPE: (403, "Forbidden"),
    Why.TOO_MANY: (429, "Too Many Requests"),
    Why.DAILY_QUOTA: (429, "Too Many Requests"),
    Why.SERVER_ERROR: (500, "Internal Server Error"),
}


def refuse(why: Refuse, _call: Call) -> Reply:
    """A refusal as JSON:API errors."""
    status, title = _ERRORS[why.why]
    status = why.status or status
    error = {"status": str(status), "title": title, "detail": why.detail or title}
    return respond({"errors": [error]}, status)


def authenticate(world: World, call: Call) -> Reply:
    """`POST /auth/application`: an unknown key is *not found* there."""
    key = call.json().get("token")
    if key not in {known.PEAKON_KEY, known.PEAKON_NARROW_KEY}:
        raise Refuse(Why.UNKNOWN_RECORD, "application integration not found")
    until = world.elapsed + world.settings.session_seconds
    payload = {
        "company": COMPANY_ID,
        "jti": secrets.token_hex(8),
        "exp": int(time.time() + world.settings.session_seconds),
    }
    parts = (_b64({"alg": "HS256", "typ": "JWT"}), _b64(payload), secrets.token_urlsafe(24))
    token = ".".join(parts)
    narrow = key == known.PEAKON_NARROW_KEY
    world.sessions.setdefault("peakon", {})[token] = (until, narrow)
    return respond({"data": {"type": "bearer_tokens", "id": token}, "included": []})


def scopes(world: World, call: Call, route: Route) -> frozenset[str]:
    """What a token may read, if it is alive."""
    if route.answer is authenticate:
        return frozenset()
    token = bearer(call)
    if token is None:
        raise Refuse(Why.NO_CREDENTIALS)
    session = world.sessions.get("peakon", {}).get(token)
    if session is None:
        raise Refuse(Why.WRONG_CREDENTIALS)
    until, narrow = session
    if world.elapsed >= until:
        raise Refuse(Why.EXPIRED)
    return frozenset() if narrow else frozenset({ANSWERS})


def _b64(value: object) -> str:
    return base64.urlsafe_b64encode(dumps(value).encode()).decode().rstrip("=")
