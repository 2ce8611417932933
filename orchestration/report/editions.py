"""Reports on disk, beside the published versions that they are made of, swapped as these are.

report/
  versions/<version>/index.html ...
  current -> versions/<version>
"""

from __future__ import annotations

from orchestration.publishing.versions import Versions
from orchestration.settings import Settings

REBUILT = ".r"
"""Stands between a version's name and a number where it was reported on once more."""


def reports(settings: Settings) -> Versions:
    """The reports of an instance."""
    return Versions(settings.report_folder, links={})


def is_current(settings: Settings) -> bool:
    """Whether the report that readers get is of the version that they get."""
    published, report = Versions(settings.published).current(), reports(settings).current()
    return published is not None and version_of(report or "") == published


def version_of(name: str) -> str:
    """The published version that a report was made of."""
    return name.partition(REBUILT)[0]


def follow(settings: Settings, version: str) -> bool:
    """Let readers have the newest report of a version. False where there is none."""
    mine = [name for name in reports(settings).names() if version_of(name) == version]
    if mine:
        reports(settings).switch(mine[-1])
    return bool(mine)


def next_name(settings: Settings, version: str) -> str:
    """A name that no report has: the version's own, or with a number behind it."""
    mine = [name for name in reports(settings).names() if version_of(name) == version]
    if not mine:
        return version
    number = int(mine[-1].partition(REBUILT)[2] or 0) + 1
    # as many digits as keep the order of names that of time
    return f"{version}{REBUILT}{number:04d}"
