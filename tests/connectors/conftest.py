from __future__ import annotations

from pathlib import Path

import pytest
from desk import Desk

from connectors.landing import Landing


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    (tmp_path / "exports").mkdir()
    return Desk(tmp_path / "exports", Landing(tmp_path / "landing"))
