from __future__ import annotations

from pathlib import Path

import pytest
from house import House

from orchestration.settings import Settings


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(Settings(data=tmp_path / "data", build=tmp_path / "build", lock_wait=0))
