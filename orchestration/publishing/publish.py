"""Publishes the release: snapshot, then swap."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from importlib.metadata import version

from orchestration.dbt import manifest as dbt_manifest
from orchestration.publishing import about, currency, snapshot
from orchestration.publishing.versions import Versions, began
from orchestration.settings import ROOT, Settings


def publish(
    settings: Settings, run_id: str, standings: Sequence[about.Standing]
) -> tuple[str, dict[str, int]]:
    """Write the release as a new version and make it current. The caller holds the gate.

    Returns:
        The version's name, and rows by table.
    """
    versions = Versions(settings.published)
    folder = versions.begin()
    edition = about.Edition(
        version=folder.name.removeprefix(".new-"),
        run_id=run_id,
        code=_code_version(),
        fingerprint=dbt_manifest.fingerprint(settings),
        standings=tuple(standings),
    )
    months = dbt_manifest.parquet_months(settings)
    rows = snapshot.write(settings, folder, edition, months, versions.current_folder())
    name = versions.finish(folder, settings.keep_versions)
    erased_at = currency.last_erasure(settings)
    if erased_at is not None:
        versions.drop(old for old in versions.names() if began(old) < erased_at)
    return name, rows


def _code_version() -> str:
    """The release's number, and the commit where the checkout has one."""
    result = subprocess.run(  # noqa: S603 - no user input
        ["git", "-C", ROOT, "rev-parse", "--short", "HEAD"],  # noqa: S607 - found on PATH, if at all
        capture_output=True,
        text=True,
        check=False,
    )
    commit = result.stdout.strip() if result.returncode == 0 else "no commit"
    return f"{version('earful')} ({commit})"
