"""dbt, which ends with the process that started it, and never looks for garbage.

dbt writes the warehouse while its parent holds the writer gate. A parent that is killed loses the
gate at once; a dbt that lived on would write without it, and the next run would find the warehouse
open and nobody to name.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import os
import signal
import sys
from typing import NoReturn

_PR_SET_PDEATHSIG = 1  # prctl(2)


def main() -> None:
    """Be dbt, with the same arguments."""
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            # it ended before it could be asked after
            sys.exit(1)
    # the project is a million objects, which Python would look through again and again: a fifth of
    # all that dbt computes, to be spared for some hundred MB of a process that ends with the build
    gc.disable()
    # imported here: a dbt whose parent is gone should not come up
    from dbt.cli.main import cli  # noqa: PLC0415

    from orchestration.dbt.lean import make_dbt_lean  # noqa: PLC0415

    make_dbt_lean()
    try:
        cli()
    except SystemExit as ended:
        if isinstance(ended.code, int):
            end(ended.code)
        raise


def end(code: int) -> NoReturn:
    """End this process, without what Python does last: it would free a million objects one by one.

    Everything is written out first, and databases are closed, as it would be.
    """
    atexit._run_exitfuncs()  # noqa: SLF001 - there is no other way to run them and not the rest
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
