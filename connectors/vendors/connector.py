"""What a vendor's module declares, and a stream of it ready to be read."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from connectors.cursors import Cursor, Reading, Swept
from connectors.families import TABLES
from connectors.http import Api, Auth, Connection, Secret, Vendor
from connectors.landing import Landing, Manifest, Origin, PackageWriter, Window
from connectors.landing.landed import Landed
from connectors.landing.replay import Remapped
from connectors.stream import Stream
from connectors.sync import Terms, land, remap


@dataclass(frozen=True)
class Options:
    """What users say of a tenant, the same for every vendor.

    Args:
        begin: Where history begins, naive UTC.
        only: Ids that the source is limited to: surveys, apps.
        custom: Contract column -> the tenant's own field that fills it.
        sweep: How long from one sweep to the next; None leaves it to the connector.
        sweep_limit: Share of the records up to which a sweep may find them gone.
    """

    begin: datetime = datetime(2015, 1, 1)  # noqa: DTZ001 - UTC by contract
    only: tuple[str, ...] = ()
    custom: Mapping[str, str] = field(default_factory=dict)
    sweep: timedelta | None = None
    sweep_limit: float = 0.1


@dataclass(frozen=True)
class Endpoint:
    """One stream of a vendor: how its records map, and how it goes on where it stopped."""

    stream: Stream
    cursor: Cursor

    @property
    def family(self) -> str:
        """The family that the stream's tables belong to."""
        return TABLES[next(iter(self.stream.tables))].family


@dataclass(frozen=True)
class Connector:
    """A vendor's API.

    Args:
        vendor: What the HTTP door must know of it.
        secrets: What secrets are for; users name the variable of each.
        auth: Makes the credentials of the secrets.
        endpoints: The streams, by name.
        base: Path of the API below the tenant's address.
    """

    vendor: Vendor
    secrets: tuple[str, ...]
    auth: Callable[[Mapping[str, Secret]], Auth]
    endpoints: Callable[[Options], Mapping[str, Endpoint]]
    base: str = ""


@dataclass
class Tenant:
    """One tenant at a vendor; it is connected to when the first of its streams is read.

    Args:
        connect: Opens the connection. It may raise `FixConfiguration` on an unset secret.
    """

    connect: Callable[[], Connection]
    _connection: Connection | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def api(self, origin: Origin) -> Api:
        """The vendor's API as one stream sees it."""
        with self._lock:
            if self._connection is None:
                self._connection = self.connect()
        return Api(self._connection, str(origin))

    @property
    def now(self) -> datetime | None:
        """The vendor's clock, naive UTC, where an answer told it."""
        heard = self._connection.clock if self._connection is not None else None
        return heard[0] if heard is not None else None

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@dataclass(frozen=True)
class VendorStream:
    """One stream of one tenant.

    Args:
        origin: Instance, stream, connector and family.
        endpoint: What the vendor's module declares.
        tenant: The tenant, shared by all its streams.
        options: What the user says of it.
        terms: Whether raw pages are kept, the key that respondents are hashed with, and the country
            of phone numbers that name none.
    """

    origin: Origin
    endpoint: Endpoint
    tenant: Tenant
    options: Options
    terms: Terms

    @property
    def keep_raw(self) -> bool:
        """Whether raw pages are kept: never those that name employees."""
        return self.terms.keep_raw and not self.endpoint.stream.hashes

    @property
    def region(self) -> str | None:
        """Country of phone numbers that name none."""
        return self.terms.region

    def sync(self, landing: Landing, window: Window | None = None) -> Iterator[Manifest]:
        """Land what is new, or a window once more. For errors see `connectors.http.Api.get`."""
        api, cursor = self.tenant.api(self.origin), self.endpoint.cursor
        reading = Reading(self.options.begin, window, self.options.only)
        terms = replace(self.terms, keep_raw=self.keep_raw, window=window, overlaps=cursor.overlaps)
        pages = cursor.pages(api, self._position(landing), reading)
        yield from land(self.endpoint.stream, pages, landing, self.origin, terms)
        if window is not None or not isinstance(cursor, Swept):
            return
        # a step of its own: what it compares is what has landed by now
        at = self._position(landing)
        if cursor.is_due(at, api.now()):
            swept = cursor.sweep(api, at, reading, Landed(landing, self.origin))
            terms = replace(terms, moves=True)
            yield from land(self.endpoint.stream, swept, landing, self.origin, terms)

    def _position(self, landing: Landing) -> str | None:
        return landing.cursor(self.origin.source, self.origin.stream)

    def remap(self, package: Path, manifest: Manifest, writer: PackageWriter) -> Remapped:
        """Map a package's raw pages again; see `connectors.landing.replay.Remapper`."""
        return remap(self.endpoint.stream, package, manifest, writer, self.terms.key)
