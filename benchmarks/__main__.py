"""Runs benchmarks by name, all of them without one."""

from __future__ import annotations

import argparse
import importlib
import sys
import tempfile
from pathlib import Path

NAMES = (
    "json_pages",
    "dlt_peer",
    "csv_export",
    "loader",
    "overheads",
    "increments",
    "full_build",
    "questions",
    "sandbox",
    "idle_sync",
    "identity",
    "report",
    "theme_seasons",
)
SIZED = ("increments", "full_build")


def main() -> None:
    """Run what was asked for in a temporary folder."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(NAMES)}; all if none")
    parser.add_argument("--small", action="store_true", help="small sizes, to see that they work")
    parser.add_argument("--sizes", nargs="+", type=int, help=f"voices, of {', '.join(SIZED)} only")
    given = parser.parse_args()
    if given.sizes and not set(given.names or NAMES) <= set(SIZED):
        parser.error(f"--sizes is understood by {', '.join(SIZED)}: name no other")
    for name in given.names or NAMES:
        module = importlib.import_module(f"benchmarks.{name}")
        sys.stdout.write(f"{name}: {(module.__doc__ or '').strip().splitlines()[0]}\n")
        sys.stdout.flush()
        with tempfile.TemporaryDirectory(prefix="earful-bench-") as folder:
            sized = {"sizes": given.sizes} if given.sizes else {}
            module.main(Path(folder), small=given.small, **sized)


if __name__ == "__main__":
    main()
