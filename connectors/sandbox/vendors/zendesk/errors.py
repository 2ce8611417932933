"""Who may read what at Zendesk, and its words for a refusal.

`RecordNotFound` and the rate-limit headers are recorded (node-zendesk, 2023); 401, 403 and 429
bodies are from developer.zendesk.com; `StartTimeTooRecent` from public reports. The rest of the
wording is unverified: read the status, not the text.
"""

from __future__ import annotations

from connectors.sandbox.vendors import credentials as known
from connectors.sandbox.vendors.protocol import Call, Refuse, Reply, Route, Why
from connectors.sandbox.vendors.replies import basic, bearer, respond
from connectors.sandbox.vendors.world import World

ADMIN = "incremental exports"

_TITLED = {
    Why.UNKNOWN_PATH: (404, "Page not found", "Page not found"),
    Why.MISSING_SCOPE: (
        403,
        "Forbidden",
        "You do not have access to this page. Please contact the account owner of this help desk.",
    ),
    Why.SERVER_ERROR: (500, "Internal Server Error", "Something went wrong"),
}


def scopes(_world: World, call: Call, _route: Route) -> frozenset[str]:
    """An admin reads everything, an agent no incremental exports."""
    sent = basic(call)
    user, key = sent or ("", bearer(call))
    if sent and user != f"{known.ZENDESK_EMAIL}/token":
        raise Refuse(Why.WRONG_CREDENTIALS)
    if key == known.ZENDESK_KEY:
        return frozenset({ADMIN})
    if key == known.ZENDESK_AGENT_KEY:
        return frozenset()
    raise Refuse(Why.WRONG_CREDENTIALS)


def refuse(why: Refuse, call: Call) -> Reply:
    """A refusal as Zendesk puts it."""
    match why.why:
        case Why.NO_CREDENTIALS | Why.WRONG_CREDENTIALS:
            return respond({"error": "Couldn't authenticate you"}, 401)
        case Why.EXPIRED:
            text = "The access token provided is expired, revoked, malformed or invalid"
            return respond({"error": "invalid_token", "error_description": text}, 401)
        case Why.UNKNOWN_RECORD:
            body = {"error": "RecordNotFound", "description": "Not found"}
            return respond(body, why.status or 404)
        case Why.TOO_MANY | Why.DAILY_QUOTA:
            text = "Number of allowed API requests per minute exceeded"
            return respond({"error": "APIRateLimitExceeded", "description": text}, 429)
        case Why.BAD_PARAMETER:
            return _bad(why.detail, call)
    status, title, message = _TITLED[why.why]
    return respond({"error": {"title": title, "message": message}}, why.status or status)


def _bad(name: str, call: Call) -> Reply:
    if name == "too recent":
        text = "Too recent start_time. Use a start_time older than 60 seconds"
        return respond({"error": "StartTimeTooRecent", "description": text}, 400)
    if name == "cursor":
        text = "cursor is not valid"
        return respond({"error": "InvalidValue", "description": text}, 400)
    if name.startswith("page["):
        error = {"code": "InvalidPaginationParameter", "title": f"{name} is not valid"}
        return respond({"errors": [error]}, 400)
    where = call.path.strip("/").removesuffix(".json")
    message = (
        f"You passed an invalid value for the {name} attribute. "
        f"Invalid parameter: {name} must be an integer from api/v2/{where}"
    )
    return respond({"error": {"title": "Invalid attribute", "message": message}}, 400)
