"""A source's streams: what its YAML says, put into the connectors' hands."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import polars as pl

from connectors.errors import FixConfiguration
from connectors.files import FileStream
from connectors.http import Connection, Secret
from connectors.landing import Landing, Manifest, Origin, PackageWriter, Window
from connectors.landing.replay import Remapped
from connectors.privacy import keyed_hash, read_key
from connectors.sync import Terms
from connectors.vendors import Endpoint, Tenant, VendorStream, connector
from orchestration import settings as instance_settings
from orchestration.components.config import SourceConfig

RESPONDENT_KEY = "respondent_key"
_VARIABLE = re.compile(r"\$\{(\w+)\}")


class SourceStream(Protocol):
    """A stream of a source, ready to be read or mapped again."""

    @property
    def origin(self) -> Origin:
        """Instance, stream, connector and family."""
        ...

    @property
    def region(self) -> str | None:
        """Country of phone numbers that name none."""
        ...

    @property
    def keep_raw(self) -> bool:
        """Whether raw pages are kept."""
        ...

    def sync(self, landing: Landing, window: Window | None = None) -> Iterator[Manifest]:
        """Land what is new, or a window once more."""
        ...

    def remap(self, package: Path, manifest: Manifest, writer: PackageWriter) -> Remapped:
        """Map the raw pages of an old package again."""
        ...


@dataclass(frozen=True)
class StreamFacts:
    """What is known of a stream without reading it: its family and the tables it fills."""

    family: str
    tables: tuple[str, ...]


@dataclass
class Streams:
    """All streams of one source; a vendor's share one connection, and so one budget."""

    source: str
    config: SourceConfig
    _tenant: Tenant = field(init=False)

    def __post_init__(self) -> None:
        """Nothing is opened and no secret is looked up."""
        self._tenant = Tenant(self._connected)

    def facts(self) -> dict[str, StreamFacts]:
        """Streams that the source reads, by name."""
        if self.config.is_files:
            family = self.config.family or ""
            return {n: StreamFacts(family, tuple(c.tables)) for n, c in self.config.streams.items()}
        return {
            name: StreamFacts(endpoint.family, tuple(endpoint.stream.tables))
            for name, endpoint in self._endpoints().items()
        }

    def stream(self, name: str) -> SourceStream:
        """One of them. Raises `FixConfiguration` on an unset respondent key."""
        family = self.facts()[name].family
        origin = Origin(
            source=self.source, stream=name, connector=self.config.connector, family=family
        )
        if self.config.is_files:
            return self._files(origin)
        endpoint = self._endpoints()[name]
        key = self._key() if endpoint.stream.hashes else b""
        terms = Terms(self.config.keeps_raw(family), key, region=self.config.phone_region)
        return VendorStream(origin, endpoint, self._tenant, self.config.options, terms)

    def now(self) -> datetime:
        """The vendor's clock where it was heard, else ours; naive UTC."""
        return self._tenant.now or datetime.now(UTC).replace(tzinfo=None)

    def close(self) -> None:
        """Close the connection to the vendor, if there is one."""
        self._tenant.close()

    def _endpoints(self) -> Mapping[str, Endpoint]:
        found = connector(self.config.connector).endpoints(self.config.options)
        return {name: e for name, e in found.items() if name not in self.config.skip}

    def _files(self, origin: Origin) -> FileStream:
        return FileStream(
            origin=origin,
            config=self.config.streams[origin.stream],
            folder=instance_settings.load().exports / self.config.folder,
            keep_raw=self.config.keeps_raw(origin.family),
            hash_key=self._key() if RESPONDENT_KEY in self.config.secrets else None,
            region=self.config.phone_region,
        )

    def _connected(self) -> Connection:
        vendor = connector(self.config.connector)
        secrets = {name: Secret(self._secret(name)) for name in vendor.secrets}
        address = _filled(self.config.url or "", f"{self.source}, url").rstrip("/")
        return Connection(
            vendor.vendor,
            f"{address}/{vendor.base}",
            vendor.auth(secrets),
            self.source,
            rates=self.config.rates,
        )

    def hashed(self, ref: str) -> str | None:
        """An employee as this source's rows name them; None where it speaks of no employees."""
        if RESPONDENT_KEY not in self.config.secrets:
            return None
        return str(keyed_hash(pl.Series([ref]), self._key()).item())

    def _key(self) -> bytes:
        self._secret(RESPONDENT_KEY)
        return read_key(self.config.secrets[RESPONDENT_KEY], os.environ)

    def _secret(self, purpose: str) -> str:
        return _variable(self.config.secrets[purpose], f"{self.source}, secrets.{purpose}")


def _filled(text: str, where: str) -> str:
    """The text with each `${NAME}` replaced by what the variable holds."""
    return _VARIABLE.sub(lambda found: _variable(found[1], where), text)


def _variable(name: str, where: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise FixConfiguration(
            "SECRET-UNSET",
            where,
            f"the environment variable {name} is not set",
            f"Set {name} in the environment or in .env before the run.",
        )
    return value
