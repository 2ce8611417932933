"""How long a vendor asks us to wait: one reading of all their ways to say it.

`Retry-After` as whole seconds, as a fraction, as an HTTP date (RFC 9110 10.2.3), as 0; Intercom's
and others' `X-RateLimit-Reset` (epoch seconds or milliseconds, or seconds to go), the draft
`RateLimit-Reset`, Help Scout's `X-RateLimit-Retry-After`, SurveyMonkey's pairs of `…-Remaining`
and `…-Reset`. Where nothing readable is said the answer is None, and back-off decides.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_YEAR = 366 * 86_400.0
"""A wait longer than that is told as that; nobody's calendar needs more."""

_EPOCH_SECONDS = 1e9
_EPOCH_MILLISECONDS = 1e12
_DIRECT = ("retry-after", "x-ratelimit-retry-after")
_RESETS = ("x-ratelimit-reset", "ratelimit-reset", "x-rate-limit-reset", "rate-limit-reset")
_PAIRS = ("x-ratelimit-app-global-minute", "x-ratelimit-app-global-day")


def wait_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds until the next try is welcome.

    Args:
        headers: Of the answer; names in lower case.
        now: The vendor's clock, which its dates are meant on.

    Returns:
        Seconds, 0 or more, or None where the answer does not say.
    """
    for name in (*_DIRECT, *_RESETS):
        wait = _moment(headers.get(name, ""), now)
        if wait is not None:
            return wait
    waits = [
        _moment(headers.get(f"{name}-reset", ""), now)
        for name in _PAIRS
        if headers.get(f"{name}-remaining") == "0"
    ]
    return max((wait for wait in waits if wait is not None), default=None)


def _moment(text: str, now: datetime) -> float | None:
    """Seconds to go, from a number of seconds, an epoch, or a date."""
    number = _number(text)
    if number is None:
        return _date(text, now)
    if number >= _EPOCH_MILLISECONDS:
        number /= 1000
    if number >= _EPOCH_SECONDS:
        number -= now.timestamp()
    return min(max(number, 0.0), _YEAR)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _date(text: str, now: datetime) -> float | None:
    try:
        at = parsedate_to_datetime(text.strip())
    except (ValueError, OverflowError):
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return min(max((at - now).total_seconds(), 0.0), _YEAR)
