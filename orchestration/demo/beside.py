"""The demo's vendors, beside whatever reads them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from orchestration.demo.home import exists
from orchestration.settings import Settings


@contextmanager
def beside(settings: Settings) -> Iterator[None]:
    """The vendors, for as long as something runs that reads them, where the demo was made."""
    if not exists(settings) or "EARFUL_SANDBOX" in os.environ:
        yield
        return
    # imported here: a company is made with NumPy and much else, which no other instance needs
    from orchestration.demo import company  # noqa: PLC0415

    with company.vendors(settings, company.Wish()):
        yield
