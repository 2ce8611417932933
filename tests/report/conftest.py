from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from published import Published
from small_company import company  # found through the line above

from orchestration.report.build import build


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """The company's version, with its report."""
    made = company(tmp_path_factory.mktemp("report"))
    build(made.settings)
    return made
