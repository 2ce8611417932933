"""Who may read what at Qualtrics, and its envelope for answers and refusals.

`meta.httpStatus` and `requestId` as recorded (qualtRics, 2025); `DCD_7` for a wrong token and
`ATP_2` for none as read off the live interface by a public client. Other error codes are
unverified: read the status, not the code.
"""

from __future__ import annotations

import uuid
from http import HTTPStatus

from connectors.sandbox.vendors import credentials as known
from connectors.sandbox.vendors.protocol import Call, Refuse, Reply, Route, Why
from connectors.sandbox.vendors.replies import respond
from connectors.sandbox.vendors.world import World

RESPONSES = "read:survey_responses"

_ERRORS: dict[Why, tuple[int, str, str]] = {
    Why.UNKNOWN_PATH: (404, "QAPI_1", "The requested resource does not exist."),
    Why.UNKNOWN_RECORD: (404, "QAPI_2", "The requested resource does not exist."),
    Why.BAD_PARAMETER: (400, "RP_0.1", "Invalid parameter: "),
    Why.NO_CREDENTIALS: (400, "ATP_2", "Expected authorization in headers, but none provided."),
    Why.WRONG_CREDENTIALS: (401, "DCD_7", "Unrecognized X-API-TOKEN."),
    Why.EXPIRED: (401, "DCD_7", "Unrecognized X-API-TOKEN."),
    Why.MISSING_SCOPE: (403, "AUTHZ_1", "User is not authorized to perform this action."),
    Why.TOO_MANY: (429, "RL_1", "Request rate limit exceeded."),
    Why.DAILY_QUOTA: (429, "RL_2", "Daily request limit exceeded."),
    Why.SERVER_ERROR: (500, "ISE_2", "Internal server error."),
}


def scopes(_world: World, call: Call, _route: Route) -> frozenset[str]:
    """What a token may read."""
    match call.headers.get("x-api-token"):
        case known.QUALTRICS_KEY:
            return frozenset({RESPONSES})
        case known.QUALTRICS_NARROW_KEY:
            return frozenset()
        case None:
            raise Refuse(Why.NO_CREDENTIALS)
    raise Refuse(Why.WRONG_CREDENTIALS)


def refuse(why: Refuse, _call: Call) -> Reply:
    """A refusal as Qualtrics puts it."""
    status, code, message = _ERRORS[why.why]
    status = why.status or status
    detail = why.detail if why.why is Why.BAD_PARAMETER else ""
    error = {"errorMessage": message + detail, "errorCode": code}
    return respond({"meta": {**meta(status), "error": error}}, status)


def meta(status: int = 200) -> dict[str, object]:
    """The part of every answer that tells how it went."""
    phrase = HTTPStatus(status).phrase
    return {"httpStatus": f"{status} - {phrase}", "requestId": str(uuid.uuid4())}


def result(value: object) -> Reply:
    """An answer."""
    return respond({"result": value, "meta": meta()})
