"""Order of the tests."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take minutes, so that in the end nobody waits for one of them."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
