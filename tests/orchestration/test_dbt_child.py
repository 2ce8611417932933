"""dbt is the child of this code, and does not outlive who holds the writer gate for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.errors import FixEnvironment
from orchestration.dbt import manifest as dbt_manifest
from orchestration.settings import ROOT

CHILD = "from orchestration.dbt.child import main; main()"
PARENT = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {CHILD!r}])
print(child.pid, flush=True)
child.wait()
"""
BESIDE_DBT = "__path__ = __import__('pkgutil').extend_path(__path__, __name__)"
DBT = """
import time
from pathlib import Path

def cli():
    Path({began!r}).touch()
    time.sleep(60)
"""

ENDS = """
import atexit, os, sys

class Kept:
    def __del__(self):
        print("freed", flush=True)

kept = Kept()

def cli():
    # one that no handler of a log flushes
    sys.stdout = os.fdopen(os.dup(1), "w")
    atexit.register(print, "closed", end="")
    print("built", end=" ")
    print("a warning", file=sys.stderr, end="")
    sys.exit({code!r})
"""


def beside_dbt(folder: Path, code: str) -> dict[str, str]:
    """An environment in which this is dbt's command line; all else is dbt's own."""
    module = folder / "dbt" / "cli" / "main.py"
    module.parent.mkdir(parents=True)
    for package in (module.parent, module.parent.parent):
        (package / "__init__.py").write_text(BESIDE_DBT)
    module.write_text(code)
    return {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"}


@pytest.mark.parametrize(
    ("code", "exits", "frees"),
    [(2, 2, ""), pytest.param("no", 1, "freed\n", marks=pytest.mark.slow)],
)
def test_a_dbt_that_ends_has_written_and_closed_everything_and_frees_nothing(
    code: object, exits: int, frees: str, tmp_path: Path
) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", CHILD],
        env=beside_dbt(tmp_path, ENDS.format(code=code)) | {"PYTHONUNBUFFERED": ""},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == exits, ended.stderr
    assert ended.stdout == f"built closed{frees}"
    assert ended.stderr.startswith("a warning")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can tie a child to its parent")
def test_dbt_ends_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    began = tmp_path / "began"
    with subprocess.Popen(
        [sys.executable, "-c", PARENT],
        env=beside_dbt(tmp_path, DBT.format(began=str(began))),
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        _wait_for(began.exists)
        assert _lives(child)
        parent.send_signal(signal.SIGKILL)

    _wait_for(lambda: not _lives(child))


@pytest.mark.parametrize("script", [None, "from orchestration.dbt_child import main"])
def test_a_command_of_other_code_is_named_with_what_to_do(
    script: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = tmp_path / "earful-dbt"
    if script is not None:
        command.write_text(script)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))

    with pytest.raises(FixEnvironment) as caught:
        dbt_manifest.dbt_executable()

    assert (caught.value.code, caught.value.where) == ("ENVIRONMENT-OLD", str(command))
    assert "pip install -e ." in caught.value.remedy


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
