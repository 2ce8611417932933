"""Who may read what at App Store Connect, and Apple's words for a refusal.

Source: developer.apple.com/documentation/appstoreconnectapi ("Generating tokens for API requests",
"Interpreting and handling errors").
"""

from __future__ import annotations

import time
import uuid

import jwt

from connectors.sandbox.vendors import credentials as known
from connectors.sandbox.vendors.protocol import Call, Refuse, Reply, Route, Why
from connectors.sandbox.vendors.replies import bearer, respond
from connectors.sandbox.vendors.world import World

REVIEWS = "customer reviews"


_LONGEST = 20 * 60


_AUDIENCE = "appstoreconnect-v1"


_ERRORS = {
    Why.UNKNOWN_PATH: (404, "PATH_ERROR", "The URL path is not valid"),
    Why.UNKNOWN_RECORD: (404, "NOT_FOUND", "The specified resource does not exist"),
    Why.BAD_PARAMETER: (400, "PARAMETER_ERROR.INVALID", "A parameter has an invalid value"),
    Why.MISSING_SCOPE: (
        403,
        "FORBIDDEN_ERROR",
        "This request is forbidden for security reasons",
    ),
    Why.TOO_MANY: (429, "RATE_LIMIT_EXCEEDED", "The request rate limit has been reached."),
    Why.DAILY_QUOTA: (429, "RATE_LIMIT_EXCEEDED", "The request rate limit has been reached."),
    Why.SERVER_ERROR: (500, "UNEXPECTED_ERROR", "An unexpected error occurred."),
}


_UNAUTHORIZED = (401, "NOT_AUTHORIZED", "Authentication credentials are missing or invalid.")


def refuse(why: Refuse, _call: Call) -> Reply:
    """A refusal as Apple puts it."""
    status, code, title = _ERRORS.get(why.why, _UNAUTHORIZED)
    status = why.status or status
    error = {
        "id": str(uuid.uuid4()),
        "status": str(status),
        "code": code,
        "title": title,
        "detail": why.detail or title,
    }
    return respond({"errors": [error]}, status)


def scopes(_world: World, call: Call, _route: Route) -> frozenset[str]:
    """What the key that signed a token may read."""
    token = bearer(call)
    if token is None:
        raise Refuse(Why.NO_CREDENTIALS)
    try:
        key_id = jwt.get_unverified_header(token).get("kid")
        claims = jwt.decode(
            token,
            known.APP_STORE_PUBLIC_KEY,
            algorithms=["ES256"],
            audience=_AUDIENCE,
            issuer=known.APP_STORE_ISSUER,
            options={"require": ["exp", "iss", "aud"]},
        )
    except jwt.ExpiredSignatureError as error:
        raise Refuse(Why.EXPIRED) from error
    except jwt.InvalidTokenError as error:
        raise Refuse(Why.WRONG_CREDENTIALS) from error
    if claims["exp"] > claims.get("iat", time.time()) + _LONGEST + 1:
        raise Refuse(Why.WRONG_CREDENTIALS)
    if key_id == known.APP_STORE_NARROW_KEY_ID:
        return frozenset()
    if key_id != known.APP_STORE_KEY_ID:
        raise Refuse(Why.WRONG_CREDENTIALS)
    return frozenset({REVIEWS})
