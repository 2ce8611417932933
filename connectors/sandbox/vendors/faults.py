"""Everything that can go wrong at a vendor, by name, and where it is armed to.

A fault is armed for a path pattern and counts the matching requests: it lets `after` of them
pass, then strikes `times` times. What a fault does stands in `injection.py`; here is what there is.
"""

from __future__ import annotations

import fnmatch
from enum import StrEnum
from itertools import islice
from typing import Any

import msgspec


class Fault(StrEnum):
    """The faults; `seconds`, `above`, `field` and `rows` are those of `Armed`."""

    # --- refused for too many requests; `seconds` is the wait that is asked for ------------------
    RETRY_AFTER_WHOLE = "retry_after_whole"  # Retry-After: 1
    RETRY_AFTER_FLOAT = "retry_after_float"  # Retry-After: 0.5
    RETRY_AFTER_DATE = "retry_after_date"  # Retry-After: an HTTP date, by the Date header's clock
    RETRY_AFTER_ZERO = "retry_after_zero"  # Retry-After: 0
    RETRY_AFTER_NONE = "retry_after_none"  # 429 and no word about when
    RATE_LIMIT_RESET = "rate_limit_reset"  # X-RateLimit-Reset: epoch seconds, by the same clock
    RATE_LIMIT_RETRY_AFTER = "rate_limit_retry_after"  # X-RateLimit-Retry-After: 1
    APP_DAY_RESET = "app_day_reset"  # X-Ratelimit-App-Global-Day-Reset: seconds, 20 hours
    HOUR_USED_UP = "hour_used_up"  # Apple's X-Rate-Limit with nothing remaining
    DAILY_QUOTA = "daily_quota"  # the vendor's own words for a used-up day; 20 hours
    # --- broken answers ---------------------------------------------------------------------------
    SERVER_ERROR = "server_error"  # 500; with `above` only for pages bigger than that
    BAD_GATEWAY = "bad_gateway"  # 502 with an HTML body
    GATEWAY_TIMEOUT = "gateway_timeout"  # 504; with `above` only for pages bigger than that
    HANG = "hang"  # answers after `seconds`
    RESET = "reset"  # the connection is reset in the middle of the body
    TRUNCATED = "truncated"  # half of the JSON, as if it were all
    HTML = "html"  # 200, and a page for people
    CLOCK_SKEW = "clock_skew"  # the Date header is `seconds` off
    # --- who is asking ----------------------------------------------------------------------------
    EXPIRED_TOKEN = "expired_token"  # noqa: S105 - a fault's name
    REVOKED_TOKEN = "revoked_token"  # noqa: S105 - refused from now on, whatever is sent
    MISSING_SCOPE = "missing_scope"
    # --- pages ------------------------------------------------------------------------------------
    DUPLICATE_PAGE = "duplicate_page"  # the previous answer once more, its cursor included
    NEVER_ADVANCES = "never_advances"  # the previous answer for ever
    REPEATED_ROWS = "repeated_rows"  # the page begins with the last `rows` rows of the one before
    EMPTY = "empty"  # the page has no rows, whatever comes after it
    UNSORTED = "unsorted"  # the page's rows backwards
    # --- records ----------------------------------------------------------------------------------
    EDITED_WHILE_PAGING = "edited_while_paging"  # the page's first record changes after it was sent
    TIE = "tie"  # after the page, a new record comes to be with the very time of its last one
    VANISHED = "vanished"  # the page's first record is gone after it was listed
    NOT_FOUND = "not_found"  # 404 in the vendor's words
    GONE = "gone"  # 410 in the vendor's words
    # --- schema -----------------------------------------------------------------------------------
    NEW_FIELD = "new_field"  # `field` appears in every record
    TYPE_CHANGE = "type_change"  # `field` becomes a text in the first `rows` records
    NULL = "null"  # `field` becomes null in the first `rows` records
    # --- Qualtrics --------------------------------------------------------------------------------
    EXPORT_FAILED = "export_failed"  # the job asked about fails


INSTEAD = frozenset(
    {
        Fault.RETRY_AFTER_WHOLE,
        Fault.RETRY_AFTER_FLOAT,
        Fault.RETRY_AFTER_DATE,
        Fault.RETRY_AFTER_ZERO,
        Fault.RETRY_AFTER_NONE,
        Fault.RATE_LIMIT_RESET,
        Fault.RATE_LIMIT_RETRY_AFTER,
        Fault.APP_DAY_RESET,
        Fault.HOUR_USED_UP,
        Fault.DAILY_QUOTA,
        Fault.SERVER_ERROR,
        Fault.BAD_GATEWAY,
        Fault.GATEWAY_TIMEOUT,
        Fault.HTML,
        Fault.EXPIRED_TOKEN,
        Fault.REVOKED_TOKEN,
        Fault.MISSING_SCOPE,
        Fault.NOT_FOUND,
        Fault.GONE,
    }
)
"""Faults that answer in the vendor's place."""

_FOR_EVER = {Fault.NEVER_ADVANCES, Fault.REVOKED_TOKEN}
_NEEDS_FIELD = {Fault.TYPE_CHANGE, Fault.NULL}


class Armed(msgspec.Struct):
    """A fault, armed.

    Attributes:
        on: Which paths, with `*` and `?`: `/zendesk/*/tickets/cursor`.
        times: How often it strikes; None for ever.
        after: How many matching requests pass before.
        method: Only requests of this method.
        seconds: A wait or a distance, where the fault has one.
        above: Strikes only pages asked to be bigger than this.
        field: A field's name, with dots into nested objects.
        rows: How many records are hit, where not all are.
    """

    fault: Fault
    on: str = "*"
    times: int | None = 1
    after: int = 0
    method: str | None = None
    seconds: float | None = None
    above: int | None = None
    field: str | None = None
    rows: int = 1

    def __post_init__(self) -> None:
        """Fill in what goes with the fault."""
        if self.fault in _FOR_EVER and self.times == 1:
            self.times = None
        if self.fault in _NEEDS_FIELD and not self.field:
            raise ValueError(f"{self.fault} needs the name of a field")

    def matches(self, method: str, path: str, size: int | None) -> bool:
        """Whether a request is one to count; `size` is the page asked for, None if unsaid."""
        return (
            fnmatch.fnmatchcase(path, self.on)
            and self.method in {None, method}
            and (self.above is None or size is None or size > self.above)
        )

    def strikes(self) -> bool:
        """Count one matching request."""
        if self.after > 0:
            self.after -= 1
            return False
        if self.times is None:
            return True
        self.times -= 1
        return self.times >= 0

    @property
    def spent(self) -> bool:
        """Whether it will never strike again."""
        return self.times is not None and self.times <= 0


class Faults:
    """The faults armed at this moment."""

    def __init__(self) -> None:
        """None."""
        self._armed: list[Armed] = []

    def arm(self, armed: Armed) -> None:
        """Add one."""
        self._armed.append(armed)

    def clear(self) -> None:
        """Take all away."""
        self._armed.clear()

    def strike(self, method: str, path: str, size: int | None) -> list[Armed]:
        """Those that hit a request, in the order in which they were armed.

        One that answers in the vendor's place hits alone; the others wait for the next request.
        """
        due = [armed for armed in self._armed if armed.matches(method, path, size)]
        hit = list(islice((a for a in due if a.fault in INSTEAD and a.strikes()), 1))
        hit = hit or [a for a in due if a.fault not in INSTEAD and a.strikes()]
        self._armed = [a for a in self._armed if not a.spent]
        return hit

    def dump(self) -> list[dict[str, Any]]:
        """What is still armed."""
        return [msgspec.to_builtins(armed) for armed in self._armed]


def bad_day() -> list[Armed]:
    """A bad day at all five vendors that a patient client survives without losing a row.

    Most strike on the first requests, so that the smallest company meets them too.
    """
    tickets, events = "/zendesk/*/tickets/cursor*", "/zendesk/*/ticket_events*"
    exports, crm = "/qualtrics/*/export-responses/ES_*", "/hubspot/*"
    answers, reviews = "/peakon/*/answers/export", "/app_store/*/customerReviews"
    return [
        Armed(Fault.RETRY_AFTER_WHOLE, tickets, seconds=1),
        Armed(Fault.BAD_GATEWAY, tickets),
        Armed(Fault.NEW_FIELD, tickets, times=None, field="ai_intent"),
        Armed(Fault.TRUNCATED, events),
        Armed(Fault.GATEWAY_TIMEOUT, events, times=2, above=250),
        Armed(Fault.REPEATED_ROWS, events, after=1, rows=5),
        Armed(Fault.RATE_LIMIT_RESET, "/zendesk/*/satisfaction_ratings*", seconds=1),
        Armed(Fault.RATE_LIMIT_RETRY_AFTER, "/qualtrics/*/surveys", seconds=1),
        Armed(Fault.EXPORT_FAILED, exports, after=1),
        Armed(Fault.RESET, "/qualtrics/*/file"),
        Armed(Fault.RETRY_AFTER_NONE, crm, after=2),
        Armed(Fault.SERVER_ERROR, crm, after=5),
        Armed(Fault.RETRY_AFTER_FLOAT, crm, after=7, seconds=0.5),
        Armed(Fault.EXPIRED_TOKEN, answers),
        Armed(Fault.HANG, "/peakon/*/segments", seconds=2),
        Armed(Fault.RETRY_AFTER_DATE, "/peakon/*/segments", seconds=1),
        Armed(Fault.RETRY_AFTER_ZERO, reviews),
        Armed(Fault.CLOCK_SKEW, reviews, times=None, seconds=-90),
    ]
