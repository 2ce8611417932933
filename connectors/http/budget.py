"""A client-side rate budget, so that most 429s never happen: counted by endpoint class.

One `Budget` belongs to one tenant of a vendor and is shared by all streams that read it at once.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Rate:
    """So many requests in any stretch of so many seconds."""

    requests: float
    seconds: float


class Budget:
    """Requests by endpoint class; thread-safe.

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
        """Start with nothing spent."""
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._windows = {name: _Window(rate) for name, rate in rates.items()}

    def take(self, kind: str) -> None:
        """Wait until a request of this class is within the budget, and count it."""
        while True:
            with self._lock:
                wait = self._windows[kind].take(self._clock())
            if wait <= 0:
                return
            # no place is kept meanwhile: a pause that is asked for now holds for us too
            self._sleep(wait)

    def pause(self, kind: str, seconds: float) -> None:
        """Let nobody ask in this class for a while: the vendor said so to one of us."""
        with self._lock:
            self._windows[kind].pause(self._clock() + seconds)


class _Window:
    """Times of the last requests: never more than the rate allows in any stretch that long.

    A token bucket would let twice as many through around its refill, and vendors count strictly.
    """

    def __init__(self, rate: Rate) -> None:
        whole = max(1, int(rate.requests))
        # less than one request in a span is one in a longer span
        self._span = rate.seconds * max(1.0, whole / rate.requests)
        self._last: deque[float] = deque(maxlen=whole)
        self._paused_until = -math.inf

    def take(self, now: float) -> float:
        """Count a request made now, or tell how long it is until there may be one."""
        at = max(now, self._paused_until)
        if len(self._last) == self._last.maxlen:
            at = max(at, self._last[0] + self._span)
        if at <= now:
            self._last.append(now)
        return at - now

    def pause(self, until: float) -> None:
        self._paused_until = max(self._paused_until, until)
