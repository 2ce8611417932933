"""A client-side rate budget, so that most 429s never happen: one bucket per endpoint class.

One `Budget` belongs to one tenant of a vendor and is shared by all streams that read it at once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Rate:
    """So many requests in so many seconds, all of which may come at once."""

    requests: float
    seconds: float


class Budget:
    """Token buckets by endpoint class; thread-safe.

    Args:
        rates: Rate of each class that the vendor counts by itself.
        clock: Seconds, monotonic.
        sleep: Waits that many seconds.
    """

    def __init__(
        self,
        rates: Mapping[str, Rate],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Start with full buckets."""
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._buckets = {name: _Bucket(rate, clock()) for name, rate in rates.items()}

    def take(self, kind: str) -> None:
        """Wait until a request of this class is within the budget, and count it."""
        with self._lock:
            wait = self._buckets[kind].take(self._clock())
        if wait > 0:
            self._sleep(wait)

    def pause(self, kind: str, seconds: float) -> None:
        """Let nobody ask in this class for a while: the vendor said so to one of us."""
        with self._lock:
            self._buckets[kind].pause(self._clock() + seconds)


class _Bucket:
    """Tokens flow in at the rate; taking more than there are goes into debt, and waits."""

    def __init__(self, rate: Rate, now: float) -> None:
        self._rate = rate
        self._tokens = rate.requests
        self._at = now
        self._paused_until = now

    def take(self, now: float) -> float:
        self._flow(now)
        self._tokens -= 1
        debt = -self._tokens * self._rate.seconds / self._rate.requests
        return max(debt, self._paused_until - now, 0.0)

    def pause(self, until: float) -> None:
        self._paused_until = max(self._paused_until, until)

    def _flow(self, now: float) -> None:
        gained = (now - self._at) * self._rate.requests / self._rate.seconds
        self._tokens = min(self._rate.requests, self._tokens + gained)
        self._at = now
