"""`earful dev`: the Dagster UI, with schedules and sensors running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from orchestration import dagster_home
from orchestration import settings as instance_settings
from orchestration.cli.output import HIGHEST_PORT
from orchestration.demo.beside import beside
from orchestration.settings import ROOT, config_file

Port = Annotated[int, typer.Option(help="Port on 127.0.0.1.", min=1, max=HIGHEST_PORT)]


def dev(port: Port = 3000) -> int:
    """The Dagster UI on 127.0.0.1, with schedules and sensors running; with the demo's vendors."""
    settings = instance_settings.load()
    dagster = str(Path(sys.executable).with_name("dagster"))
    arguments = ["dev", "--host", "127.0.0.1", "--port", str(port), "--workspace", "workspace.yaml"]
    with beside(settings):
        environment = {
            **os.environ,
            "DAGSTER_HOME": str(dagster_home.prepare(settings)),
            # it is started in the checkout, so a settings file needs its whole path
            "EARFUL_CONFIG": str(config_file().resolve()) if config_file().exists() else "",
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }
        environment = {name: value for name, value in environment.items() if value}
        return _run([dagster, *arguments], environment)


def _run(command: list[str], environment: dict[str, str]) -> int:
    """Run a child until it ends; whoever ends us ends it, and it is left the time to stop."""
    with subprocess.Popen(command, cwd=ROOT, env=environment) as child:  # noqa: S603 - our own
        # an interrupt reaches the child by itself, because it is in our group
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        return child.wait()
