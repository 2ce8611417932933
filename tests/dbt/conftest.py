from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from warehouse import Warehouse  # found through the line above

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def warehouse(tmp_path: Path) -> Callable[[str], Warehouse]:
    """A maker of empty warehouses, each in a folder of its own."""
    return lambda name: Warehouse(tmp_path / name)
