"""What `earful doctor` looks at. It names variables, never their values."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from connectors.errors import EarfulError
from orchestration.dbt.manifest import require_seeds
from orchestration.demo.home import exists
from orchestration.settings import Settings
from orchestration.variables import unread
from orchestration.warehouse import connect, holder
from orchestration.yaml_files import source_attributes

_PACKAGES = (
    "earful",
    "duckdb",
    "polars",
    "dagster",
    "dbt-core",
    "dbt-duckdb",
    "great-expectations",
)
_ENOUGH_DISK = 2 * 1024**3
_EARLIEST = 1_760_000_000
"""October 2025: a clock before it would write load ids that sort before all others."""


@dataclass(frozen=True)
class Finding:
    """One thing looked at: whether it is good, what was found, what to do if not."""

    what: str
    value: str
    good: bool = True
    remedy: str = ""
    warns: bool = False
    """Whether something may be wrong, though all works."""


def checkup(settings: Settings) -> list[Finding]:
    """Look at versions, disk, the writer gate, files, seeds, variables and the clock."""
    return [
        *_versions(),
        _disk(settings.data),
        _writer(settings),
        *_files(settings),
        _seeds(settings),
        *_variables(settings),
        *_unread(settings),
        _clock(),
    ]


def _versions() -> Iterator[Finding]:
    good = sys.version_info[:2] in ((3, 11), (3, 12), (3, 13))
    yield Finding("python", platform.python_version(), good, "" if good else "Use 3.11 to 3.13.")
    for package in _PACKAGES:
        yield Finding(package, version(package))


def _disk(folder: Path) -> Finding:
    there = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(there).free
    good = free >= _ENOUGH_DISK and os.access(there, os.W_OK)
    remedy = "" if good else "Free some space, or set EARFUL_DATA to a writable folder."
    return Finding("data folder", f"{folder}, {free / 1024**3:.1f} GiB free", good, remedy)


def _writer(settings: Settings) -> Finding:
    at = holder(settings.data)
    return Finding("writer gate", at.sentence() if at else "free")


def _files(settings: Settings) -> Iterator[Finding]:
    for name, path in (
        ("warehouse", settings.warehouse),
        ("published", settings.published / "earful.duckdb"),
    ):
        if not path.exists():
            yield Finding(name, "not there yet")
            continue
        try:
            with connect(path, read_only=True):
                yield Finding(name, f"{path}, {path.stat().st_size / 1024**2:.1f} MiB")
        except EarfulError as error:
            yield Finding(name, error.what, good=False, remedy=error.remedy)


def _seeds(settings: Settings) -> Finding:
    try:
        require_seeds(settings)
    except EarfulError as error:
        found = f"{error.where}: {error.what}"
        return Finding("seeds", found, good=False, remedy=error.remedy)
    return Finding("seeds", str(settings.seeds))


def _variables(settings: Settings) -> Iterator[Finding]:
    ours = _of_the_demo(settings)
    for file in sorted(settings.sources.glob("*/defs.yaml")):
        try:
            secrets = source_attributes(file).get("secrets") or {}
        except EarfulError as error:
            found = f"{error.where}: {error.what}"
            yield Finding(f"source {file.parent.name}", found, good=False, remedy=error.remedy)
            continue
        if not isinstance(secrets, dict) or not all(isinstance(v, str) for v in secrets.values()):
            found = f"{file}: secrets must name a variable each"
            remedy = "docs/add-a-source.md lists every key."
            yield Finding(f"source {file.parent.name}", found, good=False, remedy=remedy)
            continue
        for variable in secrets.values():
            there = bool(os.environ.get(variable)) or variable in ours
            yield Finding(
                f"variable {variable}",
                "set by the demo" if variable in ours else "set" if there else "not set",
                there,
                "" if there else f"The source {file.parent.name} needs it.",
            )


def _unread(settings: Settings) -> Iterator[Finding]:
    for name, meant in unread(settings).items():
        remedy = f"Did you mean {meant}?" if meant else "earful config show lists every setting."
        yield Finding(f"variable {name}", "set, and nothing reads it", remedy=remedy, warns=True)


def _of_the_demo(settings: Settings) -> frozenset[str]:
    """Variables that commands set by themselves where the demo was made."""
    if not exists(settings):
        return frozenset()
    from orchestration.demo import company  # noqa: PLC0415 - the sandbox is wanted only here

    return frozenset(company.environment(settings, ""))


def _clock() -> Finding:
    now = time.time()
    good = now > _EARLIEST
    stamp = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now))
    return Finding("clock", stamp, good, "" if good else "The clock is years behind; set it.")
