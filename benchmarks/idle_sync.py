"""A source's sync with nothing new, beyond what its vendor takes to answer.

The sandbox's vendors run in a process of their own. Each source is read whole, then again; of that
idle sync the time from sending each request to the last byte of its answer is the vendor's, and
what is left is ours: connecting, positions, decoding, comparing with what is known, landing.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import fields
from datetime import datetime
from pathlib import Path

import httpx2

from benchmarks.measure import Stopwatch
from connectors.http import Connection, Secret
from connectors.landing import Landing, Origin
from connectors.sandbox.company import CompanyConfig, generate
from connectors.sandbox.vendors import Limits, Settings, credentials, running
from connectors.sync import Terms
from connectors.vendors import NAMES, Options, Tenant, VendorStream, connector

_NOW = datetime(2025, 10, 1)  # noqa: DTZ001 - the vendors' clock is naive UTC
_KEY = b"a key of this benchmark"
_SECRETS: Mapping[str, Mapping[str, str]] = {
    "zendesk": {"email": credentials.ZENDESK_EMAIL, "token": credentials.ZENDESK_KEY},
    "qualtrics": {"token": credentials.QUALTRICS_KEY},
    "hubspot": {"token": credentials.HUBSPOT_KEY},
    "peakon": {"token": credentials.PEAKON_KEY, "respondent_key": _KEY.decode()},
    "app_store": {
        "issuer_id": credentials.APP_STORE_ISSUER,
        "key_id": credentials.APP_STORE_KEY_ID,
        "private_key": credentials.app_store_private_key(),
    },
}


class _Timed(httpx2.HTTPTransport):
    """A transport that times answers, bodies included."""

    def __init__(self) -> None:
        super().__init__()
        self.answers = 0
        self.seconds = 0.0

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        began = time.perf_counter()
        with closing(super().handle_request(request)) as answer:
            body = b"".join(answer.iter_raw())
        self.seconds += time.perf_counter() - began
        self.answers += 1
        return httpx2.Response(
            answer.status_code, headers=answer.headers, stream=httpx2.ByteStream(body)
        )


@contextmanager
def _tenant(vendor: str, url: str, transport: httpx2.BaseTransport | None) -> Iterator[Tenant]:
    found = connector(vendor)

    def connect() -> Connection:
        secrets = {name: Secret(value) for name, value in _SECRETS[vendor].items()}
        return Connection(
            found.vendor,
            f"{url}/{vendor}/{found.base}",
            found.auth(secrets),
            vendor,
            # waiting for a plan's budget is no work
            rates=dict.fromkeys(found.vendor.rates, 1e6),
            transport=transport,
        )

    with closing(Tenant(connect)) as tenant:
        yield tenant


def _sync(
    vendor: str, url: str, landing: Landing, transport: httpx2.BaseTransport | None = None
) -> int:
    """All streams of a source, one after the other. Returns the records landed."""
    records, options = 0, Options()
    with _tenant(vendor, url, transport) as tenant:
        for name, endpoint in connector(vendor).endpoints(options).items():
            origin = Origin(source=vendor, stream=name, connector=vendor, family=endpoint.family)
            stream = VendorStream(origin, endpoint, tenant, options, Terms(key=_KEY))
            records += sum(manifest.counts.accepted for manifest in stream.sync(landing))
    return records


def _idle(vendor: str, url: str, landing: Landing) -> tuple[float, float, float, int]:
    """An idle sync: its seconds, those of the vendor's answers, our processor's; answers."""
    watch = Stopwatch()
    with watch:
        # reading the certificates is ours
        timed = _Timed()
        again = _sync(vendor, url, landing, timed)
    if again:
        raise AssertionError(f"{vendor}: {again} records in a sync with nothing new")
    return watch.seconds, timed.seconds, watch.cpu, timed.answers


def main(folder: Path, *, small: bool) -> None:
    """Print each source's medians."""
    generate(folder / "company", CompanyConfig(scale=0.005 if small else 0.02))
    free = Limits(**{limit.name: 10**6 for limit in fields(Limits)})
    settings = Settings(limits=free, export_polls=0)
    landing = Landing(folder / "landing")
    with running(folder / "company", now=_NOW, settings=settings, within="process") as vendors:
        for vendor in NAMES:
            landed = _sync(vendor, vendors.url, landing)
            runs = [_idle(vendor, vendors.url, landing) for _ in range(3 if small else 9)]
            _print(vendor, landed, runs)


def _print(vendor: str, landed: int, runs: list[tuple[float, float, float, int]]) -> None:
    idle, answers, cpu = (statistics.median(run[n] for run in runs) * 1000 for n in range(3))
    ours = statistics.median(run[0] - run[1] for run in runs) * 1000
    sys.stdout.write(
        f"  {vendor:<10} {landed:>8,} records before; idle {idle:6,.0f} ms, its {runs[0][3]:3}"
        f" answers {answers:6,.0f} ms, ours {ours:5,.0f} ms (cpu {cpu:5,.0f} ms)\n"
    )
