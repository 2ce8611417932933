from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Earful = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def earful() -> Earful:
    """Runs the command on a data folder, without the settings of whoever runs the tests."""

    def run(data: Path, *arguments: str, said: str = "") -> subprocess.CompletedProcess[str]:
        plain = {n: v for n, v in os.environ.items() if not n.startswith("EARFUL_")}
        return subprocess.run(
            [sys.executable, "-c", "from orchestration.cli import main; main()", *arguments],
            env={**plain, "EARFUL_DATA": str(data), "EARFUL_BUILD": str(data / "build")},
            input=said,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def demo_data(tmp_path_factory: pytest.TempPathFactory, earful: Earful) -> Path:
    """The demo that DEMO_DATA names, which whoever names it has just made; else one of our own."""
    if made := os.environ.get("DEMO_DATA"):
        return Path(made)
    data = tmp_path_factory.mktemp("demo")
    ended = earful(data, "demo", "--json")
    assert ended.returncode == 0, ended.stderr[-2000:] + ended.stdout[-2000:]
    return data
