"""Who may read what at HubSpot, and its words for a refusal.

Shapes after developers.hubspot.com (usage guidelines, error handling); the 429 policies
`TEN_SECONDLY_ROLLING`, `SECONDLY` and `DAILY` as public clients meet them.
"""

from __future__ import annotations

import uuid

from connectors.sandbox.vendors import credentials as known
from connectors.sandbox.vendors.protocol import Call, Refuse, Reply, Route, Why
from connectors.sandbox.vendors.replies import bearer, respond
from connectors.sandbox.vendors.world import World

SCOPES = {kind: f"crm.objects.{kind}.read" for kind in ("contacts", "companies", "deals")}

_BODIES: dict[Why, tuple[int, str, str]] = {
    Why.UNKNOWN_PATH: (404, "OBJECT_NOT_FOUND", "resource not found"),
    Why.UNKNOWN_RECORD: (404, "OBJECT_NOT_FOUND", "resource not found"),
    Why.NO_CREDENTIALS: (401, "INVALID_AUTHENTICATION", "Authentication credentials not found."),
    Why.WRONG_CREDENTIALS: (
        401,
        "INVALID_AUTHENTICATION",
        "Authentication credentials not found. This API supports OAuth 2.0 authentication.",
    ),
    Why.EXPIRED: (
        401,
        "EXPIRED_AUTHENTICATION",
        "The OAuth token used to make this call expired.",
    ),
    Why.MISSING_SCOPE: (
        403,
        "MISSING_SCOPES",
        "This app hasn't been granted all required scopes to make this call.",
    ),
    Why.SERVER_ERROR: (500, "INTERNAL_ERROR", "internal error"),
}


def scopes(_world: World, call: Call, _route: Route) -> frozenset[str]:
    """The scopes of a private app's key."""
    match bearer(call):
        case known.HUBSPOT_KEY:
            return frozenset(SCOPES.values())
        case known.HUBSPOT_NARROW_KEY:
            return frozenset({SCOPES["contacts"]})
        case None:
            raise Refuse(Why.NO_CREDENTIALS)
    raise Refuse(Why.WRONG_CREDENTIALS)


def refuse(why: Refuse, call: Call) -> Reply:
    """A refusal as HubSpot puts it."""
    correlation = str(uuid.uuid4())
    if why.why in {Why.TOO_MANY, Why.DAILY_QUOTA}:
        return _too_many(why.why, call, correlation)
    if why.why is Why.BAD_PARAMETER:
        status, category, message = 400, "VALIDATION_ERROR", f"Invalid input: {why.detail}"
    else:
        status, category, message = _BODIES[why.why]
    body: dict[str, object] = {
        "status": "error",
        "message": message,
        "correlationId": correlation,
        "category": category,
    }
    if why.why is Why.MISSING_SCOPE:
        error = {"message": message, "context": {"requiredGranularScopes": [why.detail]}}
        body["errors"] = [error]
    return respond(body, why.status or status)


def _too_many(why: Why, call: Call, correlation: str) -> Reply:
    if why is Why.DAILY_QUOTA:
        policy, limit = "DAILY", "daily"
    elif call.path.endswith("/search"):
        policy, limit = "SECONDLY", "secondly"
    else:
        policy, limit = "TEN_SECONDLY_ROLLING", "ten_secondly_rolling"
    body = {
        "status": "error",
        "message": f"You have reached your {limit} limit.",
        "errorType": "RATE_LIMIT",
        "correlationId": correlation,
        "policyName": policy,
    }
    return respond(body, 429)
