"""One process writes; another waits, then learns who."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from connectors.errors import FixEnvironment, Locked
from orchestration.warehouse import WriterGate, holder

HOLD = """
import sys
from pathlib import Path
from orchestration.warehouse import WriterGate
with WriterGate(Path(sys.argv[1]), 0).hold("models"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path: Path) -> subprocess.Popen[bytes]:
    """Holds the gate until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    process.kill()
    process.wait()


def test_the_second_writer_learns_who_holds_the_gate(
    tmp_path: Path, other: subprocess.Popen[bytes]
) -> None:
    with pytest.raises(Locked, match=rf"process {other.pid} on .* \(models, since") as caught:
        with WriterGate(tmp_path, 0.1).hold("load"):
            pass

    assert caught.value.exit_code == 75
    at = holder(tmp_path)
    assert at is not None
    assert at.pid == other.pid


def test_a_killed_holder_leaves_the_gate_open(
    tmp_path: Path, other: subprocess.Popen[bytes]
) -> None:
    os.kill(other.pid, signal.SIGKILL)
    other.wait()

    assert (tmp_path / "writer.json").exists()
    assert holder(tmp_path) is None
    with WriterGate(tmp_path, 0).hold("load"):
        pass


def test_a_waiting_writer_gets_the_gate_when_it_is_free(
    tmp_path: Path, other: subprocess.Popen[bytes]
) -> None:
    assert other.stdin is not None
    other.stdin.close()
    with WriterGate(tmp_path, 20).hold("load"):
        at = holder(tmp_path)
    assert at is not None
    assert at.pid == os.getpid()


def test_a_failure_inside_opens_the_gate(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), WriterGate(tmp_path, 0).hold("load"):
        raise ZeroDivisionError
    with WriterGate(tmp_path, 0).hold("load"):
        pass


def test_a_data_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file in the folder's place")

    with pytest.raises(FixEnvironment, match="data: cannot be written"):
        with WriterGate(tmp_path / "data", 0).hold("load"):
            pass
