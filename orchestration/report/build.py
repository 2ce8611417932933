"""Builds the report of the current published version, and swaps it in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import filelock

from connectors.errors import FixEnvironment, Locked
from orchestration.publishing.versions import FILE, Versions
from orchestration.report import config
from orchestration.report.editions import next_name, reports, version_of
from orchestration.settings import Settings
from orchestration.unwritable import is_refusal, unwritable
from orchestration.warehouse import connect


@dataclass(frozen=True)
class Report:
    """A report that was built."""

    version: str
    path: Path
    """Its first page, through the link that always leads to the current report."""
    pages: int
    size: int
    """Bytes of all pages."""


def build(settings: Settings) -> Report:
    """Make every page of the current published version, then let readers have them.

    Raises:
        FixConfiguration: The report's YAML says what cannot be meant.
        FixEnvironment: Nothing is published yet, or the disk refuses.
    """
    asked = config.load(settings.report)
    version = Versions(settings.published).current()
    if version is None:
        raise FixEnvironment(
            "REPORT-NOTHING",
            str(settings.published),
            "nothing is published yet that could be reported on",
            "Run earful run first.",
        )
    # Jinja and the figures are needed from here on only, charts when the first one is drawn
    from orchestration.report.figures import FIGURES  # noqa: PLC0415
    from orchestration.report.site import site  # noqa: PLC0415

    config.check(asked, settings.report, FIGURES)
    with connect(settings.published / "versions" / version / FILE, read_only=True) as connection:
        pages = site(connection, asked)
    return _write(settings, version, pages)


def _write(settings: Settings, version: str, pages: dict[str, str]) -> Report:
    """Write into a hidden folder; readers see it once all of it is on the disk."""
    there = reports(settings)
    try:
        there.root.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(there.root / ".lock", timeout=settings.lock_wait):
            made = _swap(settings, version, pages)
    except filelock.Timeout as error:
        raise Locked(
            "REPORT-LOCKED",
            str(there.root),
            f"another process builds a report, and {settings.lock_wait:g} s were not enough",
            "Let it finish, or wait longer with EARFUL_LOCK_WAIT.",
        ) from error
    except OSError as error:
        if is_refusal(error) or isinstance(error, FileExistsError | NotADirectoryError):
            raise unwritable(there.root, error.strerror) from error
        raise
    size = sum(len(text.encode()) for text in pages.values())
    return Report(made, there.root / "current" / "index.html", len(pages), size)


def _swap(settings: Settings, version: str, pages: dict[str, str]) -> str:
    there = reports(settings)
    folder = there.begin(next_name(settings, version))
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8")
    made = there.finish(folder, settings.keep_versions)
    kept = Versions(settings.published).names()
    there.drop(name for name in there.names() if version_of(name) not in kept)
    return made
