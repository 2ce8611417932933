from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from company import Client, furnish

from connectors.sandbox.vendors import Limits, Settings, Vendors, running


@pytest.fixture
def home(tmp_path: Path) -> Path:
    furnish(tmp_path)
    return tmp_path


@pytest.fixture
def vendors(home: Path) -> Iterator[Vendors]:
    with running(home, settings=Settings(limits=Limits.roomy())) as vendors:
        yield vendors


@pytest.fixture
def client(vendors: Vendors) -> Client:
    return Client(vendors)
