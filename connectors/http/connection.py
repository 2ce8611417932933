"""A tenant of a vendor: its address, who we are there, and what all its streams share."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx2

from connectors.http.auth import Auth
from connectors.http.budget import Budget, Rate
from connectors.http.hosts import checked, is_loopback

_TIMEOUT = httpx2.Timeout(60, connect=10)

# at INFO it writes whole addresses, whose queries may hold people's; a level could be set back
logging.getLogger("httpx2").addFilter(lambda record: record.levelno >= logging.WARNING)


@dataclass(frozen=True)
class Vendor:
    """What the client must know of a vendor.

    Args:
        name: As messages call it.
        rates: Requests allowed, by endpoint class; `default` is needed.
        ping: A cheap path that tells the vendor's clock in its `Date` header.
        used_up: Whether a 429 means that the quota of a whole day is gone.
    """

    name: str
    rates: Mapping[str, Rate]
    ping: str
    used_up: Callable[[Reply], bool] = lambda _: False


@dataclass(frozen=True)
class Reply:
    """An answer: status, headers (names in lower case), body."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Connection:
    """One tenant at one vendor, shared by all streams that read it.

    Args:
        vendor: The vendor.
        url: Address of the tenant; https, or http to this machine.
        auth: Who we are.
        source: Instance, for messages.
        rates: Requests a minute by endpoint class, where the tenant's plan has others.
        transport: Takes the place of the network in tests.

    Raises:
        FixConfiguration: The address is none, or would send credentials in the clear.
    """

    def __init__(
        self,
        vendor: Vendor,
        url: str,
        auth: Auth,
        source: str,
        *,
        rates: Mapping[str, float] | None = None,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        """Nothing is asked yet."""
        self.vendor = vendor
        self.url = checked(url, source)
        self.auth = auth
        self.source = source
        own = {name: Rate(requests, 60) for name, requests in (rates or {}).items()}
        self.budget = Budget({**vendor.rates, **own})
        # plain http to this machine takes no way through a proxy that the environment names
        self.client = httpx2.Client(
            timeout=_TIMEOUT,
            follow_redirects=False,
            transport=transport,
            trust_env=not is_loopback(self.url),
        )
        self.sizes: dict[str, int] = {}
        self.clock: tuple[datetime, float] | None = None
        self.known: dict[str, Any] = {}
        self.lock = threading.RLock()
        self._work: TemporaryDirectory[str] | None = None

    def workplace(self) -> Path:
        """A folder for what is downloaded, readable to us alone; it goes with the connection."""
        with self.lock:
            if self._work is None:
                self._work = TemporaryDirectory(prefix="earful-")
        return Path(self._work.name)

    def close(self) -> None:
        """Close all sockets, and remove what was downloaded."""
        self.client.close()
        if self._work is not None:
            self._work.cleanup()
