"""Dagster's home within the data folder."""

from __future__ import annotations

import json
import os
from pathlib import Path

from orchestration.settings import ROOT, Settings
from orchestration.unwritable import make_folder

_EVENT_LOG = """
event_log_storage:
  module: orchestration.event_log
  class: EventLog
  config:
    base_dir: {base_dir}
"""


def prepare(settings: Settings) -> Path:
    """Make the home, with the checkout's `dagster.yaml` in it; what DAGSTER_HOME should be.

    Only there is known where events are kept, so our storage for them is named there.
    """
    home = settings.dagster_home
    make_folder(home)
    runs = json.dumps(str(home / "history" / "runs"))
    wanted = (ROOT / "dagster.yaml").read_text() + _EVENT_LOG.format(base_dir=runs)
    config = home / "dagster.yaml"
    if config.is_symlink() or not config.exists() or config.read_text() != wanted:
        # in one step, under a name of its own: other processes may be reading it, or doing the same
        fresh = home / f"dagster.yaml.{os.getpid()}"
        fresh.write_text(wanted)
        fresh.replace(config)
    return home
