from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from company import Client, furnish

from connectors.sandbox.vendors import Limits, Settings, Vendors, running


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("company")
    furnish(home)
    return home


@pytest.fixture
def home(furnished: Path, tmp_path: Path) -> Path:
    shutil.copytree(furnished, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture
def vendors(home: Path) -> Iterator[Vendors]:
    with running(home, settings=Settings(limits=Limits.roomy())) as vendors:
        yield vendors


@pytest.fixture
def client(vendors: Vendors) -> Client:
    return Client(vendors)
