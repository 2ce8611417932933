"""dbt in a process that goes on living: importing it takes longer than many a run of it."""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).parents[2] / "dbt_project"


@dataclass
class DbtProcess:
    """One such process, started when it is first asked."""

    process: subprocess.Popen[str] = field(init=False)

    def __post_init__(self) -> None:
        """Start it; it ends with this process, whose pipe it reads."""
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("dbt_server.py"))],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, arguments: list[str], environment: dict[str, str]) -> tuple[bool, str]:
        """Whether dbt succeeded, and what it printed."""
        assert self.process.stdin
        assert self.process.stdout
        request = {"arguments": arguments, "environment": environment}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"dbt ended in the middle of {' '.join(arguments)}"
        answer = json.loads(line)
        return answer["succeeded"], answer["said"]

    def end(self) -> None:
        """Close its pipe, at which it ends."""
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(timeout=30)


@cache
def dbt_process() -> DbtProcess:
    """The one of this process."""
    started = DbtProcess()
    atexit.register(started.end)
    return started
