"""Keeps the garbage collector away from what lives as long as the process."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def long_lived() -> Iterator[None]:
    """What the block makes, modules and definitions, is searched for garbage neither now nor later.

    Dagster and dbt are a million objects, through which Python looks again and again as they become
    more: a fifth of the time that it takes to import and define everything.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()
