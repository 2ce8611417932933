from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from connectors.sandbox.company import Company, CompanyConfig, generate, read

CONFIG = CompanyConfig(scale=0.02, seed=11)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("sandbox") / "company"
    generate(home, CONFIG)
    return home


@pytest.fixture(scope="session")
def company(home: Path) -> Company:
    return generate(home, CONFIG)


@pytest.fixture(scope="session")
def table(home: Path) -> Callable[[str], pl.DataFrame]:
    return lambda name: read(home, name).collect()
