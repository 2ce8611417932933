"""dbt, which ends with the process that started it.

dbt writes the warehouse while its parent holds the writer gate. A parent that is killed loses the
gate at once; a dbt that lived on would write without it, and the next run would find the warehouse
open and nobody to name.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1  # prctl(2)


def main() -> None:
    """Become dbt, with the same arguments."""
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            # it ended before it could be asked after
            sys.exit(1)
    dbt = str(Path(sys.executable).with_name("dbt"))
    os.execv(dbt, [dbt, *sys.argv[1:]])  # noqa: S606 - our own dbt
