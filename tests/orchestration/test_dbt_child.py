"""dbt does not outlive the process that holds the writer gate for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration.settings import ROOT

CHILD = "from orchestration.dbt_child import main; main()"
PARENT = f"""
import subprocess, sys
child = subprocess.Popen([sys.argv[1], "-c", {CHILD!r}])
print(child.pid, flush=True)
child.wait()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can tie a child to its parent")
def test_dbt_ends_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    python, dbt = tmp_path / "python", tmp_path / "dbt"
    python.symlink_to(sys.executable)
    dbt.write_text(f"#!/bin/sh\ntouch {tmp_path}/began\nexec sleep 60\n")
    dbt.chmod(0o755)
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(python)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        _wait_for((tmp_path / "began").exists)
        assert _lives(child)
        parent.send_signal(signal.SIGKILL)

    _wait_for(lambda: not _lives(child))


def _lives(process: int) -> bool:
    """Whether it runs; what nobody has buried yet does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _wait_for(it: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not it():
        assert time.monotonic() < until
        time.sleep(0.05)
