"""Zendesk, Qualtrics, HubSpot, Peakon and App Store Connect on loopback.

One HTTP process on 127.0.0.1 that answers from the tables of the sandbox company as the vendors
do, each under its own prefix, at a clock that moves when told to, and with faults on demand:

    with running(home) as vendors:
        vendors.fault(Fault.GATEWAY_TIMEOUT, "/zendesk/*/tickets/cursor", above=500)
        ...                                     # read f"{vendors.url}/zendesk/api/v2/..."
        vendors.advance(timedelta(days=30))

Nothing here is a substitute for recordings of the real vendors: each module names its sources and
what in it is unverified.
"""

from __future__ import annotations

from . import credentials
from .faults import Armed, Fault, bad_day
from .handle import Vendors
from .limits import Limits
from .running import running, serve
from .world import Settings

__all__ = [
    "Armed",
    "Fault",
    "Limits",
    "Settings",
    "Vendors",
    "bad_day",
    "credentials",
    "running",
    "serve",
]
