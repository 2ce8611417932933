"""The sandbox's vendors read by their connectors, and what came of it, to be compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import polars as pl

from connectors.errors import EarfulError
from connectors.families import TABLES
from connectors.http import Connection, Secret
from connectors.landing import Landing, Manifest, Origin, Window
from connectors.sandbox.vendors import Vendors
from connectors.sandbox.vendors import credentials as known
from connectors.sync import Terms
from connectors.vendors import NAMES, Connector, Options, Tenant, VendorStream, connector

KEY = b"a key of these tests alone"
SECRETS: Mapping[str, Mapping[str, str]] = {
    "zendesk": {"email": known.ZENDESK_EMAIL, "token": known.ZENDESK_KEY},
    "qualtrics": {"token": known.QUALTRICS_KEY},
    "hubspot": {"token": known.HUBSPOT_KEY},
    "peakon": {"token": known.PEAKON_KEY, "respondent_key": KEY.decode()},
    "app_store": {
        "issuer_id": known.APP_STORE_ISSUER,
        "key_id": known.APP_STORE_KEY_ID,
        "private_key": known.app_store_private_key(),
    },
}
OPTIONS: Mapping[str, Options] = {
    "zendesk": Options(custom={"topic": "360001"}),
    "qualtrics": Options(custom={"touchpoint": "touchpoint"}),
}
EVERY = [
    (vendor, stream)
    for vendor in NAMES
    for stream in connector(vendor).endpoints(OPTIONS.get(vendor, Options()))
]
"""Each stream of each connector."""

TRANSPORT = httpx2.HTTPTransport()
"""One for all tests: each reads the certificates anew."""


def options(vendor: str) -> Options:
    """How the tests configure a vendor."""
    return OPTIONS.get(vendor, Options())


def stream_of(
    vendor: str, name: str, tenant: Tenant, *, keep_raw: bool = True, given: Options | None = None
) -> VendorStream:
    """One stream of a tenant, called after its vendor."""
    how = given or options(vendor)
    endpoint = connector(vendor).endpoints(how)[name]
    origin = Origin(source=vendor, stream=name, connector=vendor, family=endpoint.family)
    return VendorStream(origin, endpoint, tenant, how, Terms(keep_raw, KEY))


def tenant_of(
    found: Connector,
    url: str,
    secrets: Mapping[str, str],
    transport: httpx2.BaseTransport | None = None,
) -> Tenant:
    """A tenant with budgets that nobody meets by accident."""

    def connect() -> Connection:
        return Connection(
            found.vendor,
            f"{url}/{found.base}",
            found.auth({name: Secret(value) for name, value in secrets.items()}),
            "desk",
            rates=dict.fromkeys(found.vendor.rates, 1e6),
            transport=_Kept(transport or TRANSPORT),
        )

    return Tenant(connect)


class _Kept(httpx2.BaseTransport):
    """A transport that outlives the connection that uses it."""

    def __init__(self, inner: httpx2.BaseTransport) -> None:
        self._inner = inner

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        return self._inner.handle_request(request)


@dataclass
class Reader:
    """Reads the sandbox's vendors into one landing folder."""

    vendors: Vendors
    landing: Landing
    sizes: Mapping[str, int] = field(default_factory=dict)
    secrets: dict[str, Mapping[str, str]] = field(default_factory=lambda: dict(SECRETS))

    @contextmanager
    def tenant(self, vendor: str) -> Iterator[Tenant]:
        """A tenant, closed at the end, as a run closes it."""
        found = connector(vendor)
        tenant = tenant_of(found, f"{self.vendors.url}/{vendor}", self.secrets[vendor])
        connect = tenant.connect

        def small() -> Connection:
            connection = connect()
            connection.sizes.update(self.sizes)
            return connection

        tenant.connect = small
        try:
            yield tenant
        finally:
            tenant.close()

    def sync(
        self,
        vendor: str,
        name: str,
        window: Window | None = None,
        *,
        keep_raw: bool | None = None,
        given: Options | None = None,
    ) -> list[Manifest]:
        """One sync of one stream; raw pages are kept as the house does, not of employees."""
        keep = vendor != "peakon" if keep_raw is None else keep_raw
        with self.tenant(vendor) as tenant:
            stream = stream_of(vendor, name, tenant, keep_raw=keep, given=given)
            landed = list(stream.sync(self.landing, window))
        assert all(manifest.counts.balanced for manifest in landed)
        return landed

    def everything(self, vendors: tuple[str, ...] = NAMES) -> list[Manifest]:
        """One sync of every stream."""
        return [
            manifest
            for vendor, name in EVERY
            if vendor in vendors
            for manifest in self.sync(vendor, name)
        ]

    def stopped(self, vendor: str, name: str, **how: Any) -> EarfulError:  # noqa: ANN401 - as of `sync`
        """The error that a sync ends with."""
        try:
            self.sync(vendor, name, **how)
        except EarfulError as error:
            return error
        raise AssertionError(f"{vendor}.{name} was not stopped")

    def current(self, vendor: str, stream: str | None = None) -> dict[str, list[dict[str, Any]]]:
        """Rows in force of every table of a source; see `current`."""
        return current(self.landing, vendor, stream)


def rows(landing: Landing, source: str, stream: str | None = None) -> dict[str, pl.DataFrame]:
    """All rows that landed, by table, in the order in which they did."""
    found: dict[str, list[pl.DataFrame]] = {}
    for _, name in sorted(s for s in landing.streams() if s[0] == source):
        for manifest in landing.manifests(source, name):
            if stream in (None, name):
                for table in manifest.tables:
                    file = landing.root / source / name / manifest.load_id / f"{table}.parquet"
                    found.setdefault(table, []).append(pl.read_parquet(file))
    return {table: pl.concat(frames) for table, frames in found.items()}


def current(
    landing: Landing,
    source: str,
    stream: str | None = None,
    among: Callable[[pl.DataFrame], pl.DataFrame] = lambda frame: frame,
) -> dict[str, list[dict[str, Any]]]:
    """Of every record the version in force, without the deleted, as staging finds it.

    Of two versions the later by the vendor's own time counts, of one time the later load.
    """
    return {
        table: _in_force(table, among(frame)).to_dicts()
        for table, frame in rows(landing, source, stream).items()
    }


def _in_force(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    key = list(TABLES[table].key)
    order = [c for c in ("updated_at", "_load_id") if c in frame.columns]
    latest = frame.with_row_index("_n").sort(*order, "_n", nulls_last=False)
    latest = latest.unique(key, keep="last", maintain_order=True).filter(~pl.col("_deleted"))
    loads = [c for c in frame.columns if c.startswith("_load")]
    return latest.drop("_n", *loads).sort(key)


def bytes_of(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file below a folder, zstd unpacked."""
    from backports import zstd  # noqa: PLC0415 - slow to load for the tests that do not need it

    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            yield path, zstd.decompress(content) if path.suffix == ".zst" else content
