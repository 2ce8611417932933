"""How many calls each vendor takes, and over which span.

Counted in real time: the vendors' clock stands still between two moves, a budget must not.
"""

from __future__ import annotations

import math
import re
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

Headers = Callable[[int, int, int], Mapping[str, str]]


@dataclass(frozen=True)
class Limits:
    """Calls allowed per vendor and class of endpoint; each default is the vendor's own.

    Sources: developer.zendesk.com/api-reference/introduction/rate-limits (Suite Professional),
    api.qualtrics.com/a5e9a1a304902-limits, developers.hubspot.com usage guidelines (private app,
    Professional), developer.apple.com "Identifying rate limits". Peakon publishes none: unverified.
    """

    zendesk: int = 400
    zendesk_incremental: int = 10
    qualtrics: int = 3000
    qualtrics_exports: int = 100
    hubspot: int = 190
    hubspot_search: int = 5
    hubspot_daily: int = 650_000
    peakon: int = 600
    app_store: int = 3500

    @classmethod
    def roomy(cls) -> Limits:
        """So high that no test or demo meets one by accident."""
        return cls(**dict.fromkeys(cls.__dataclass_fields__, 1_000_000))

    def but(self, **changes: int) -> Limits:
        """The same limits with some changed."""
        return replace(self, **changes)


@dataclass(frozen=True)
class Window:
    """One limit of a vendor.

    Attributes:
        limit: Its name in `Limits`.
        seconds: The rolling span.
        paths: Which paths it counts, below the vendor's prefix.
        headers: From limit, remaining and seconds to reset, the headers of every reply.
        daily: Refused as a used-up quota instead of as too many at once.
    """

    limit: str
    seconds: int
    paths: re.Pattern[str]
    headers: Headers = lambda _limit, _left, _reset: {}
    daily: bool = False


class Meter:
    """Counts the calls of all windows."""

    def __init__(self, limits: Limits) -> None:
        """Start with nothing spent."""
        self._limits = limits
        self._calls: dict[str, deque[float]] = {}

    def spend(self, window: Window) -> tuple[bool, int, int, int]:
        """Count one call: whether it is allowed, the limit, what is left, seconds until more is."""
        limit: int = getattr(self._limits, window.limit)
        calls = self._calls.setdefault(window.limit, deque())
        now = time.monotonic()
        while calls and calls[0] <= now - window.seconds:
            calls.popleft()
        allowed = len(calls) < limit
        if allowed:
            calls.append(now)
        reset = math.ceil(calls[0] + window.seconds - now) if calls else window.seconds
        return allowed, limit, max(0, limit - len(calls)), max(1, reset)
