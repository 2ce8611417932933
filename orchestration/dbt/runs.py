"""What dbt needs before it runs, and runs of it that are no asset of their own."""

from __future__ import annotations

import os
import subprocess

from connectors.errors import FixEnvironment, GateRefused
from orchestration.checks import raw_gate
from orchestration.dbt import rebuilds
from orchestration.dbt.manifest import PROJECT, dbt_executable
from orchestration.settings import Settings
from orchestration.warehouse import connect
from orchestration.warehouse.sql import literal


def make_ready(settings: Settings) -> list[str]:
    """Refuse while raw holds rows that no gate has passed, and make room for what dbt makes.

    Returns:
        Models whose tables other code had made: they were dropped, to be made whole again.
    """
    _require_gated(settings)
    _ensure_release(settings)
    return rebuilds.drop_outdated(settings)


def run(settings: Settings, *models: str) -> None:
    """Build a few models; the caller holds the writer gate.

    Raises:
        GateRefused: Raw holds rows that no gate has passed.
        FixEnvironment: dbt failed.
    """
    make_ready(settings)
    ended = subprocess.run(  # noqa: S603 - our own dbt, our own arguments
        [
            *(dbt_executable(), "run", "--quiet", "--select", *models),
            *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
        ],
        env={**os.environ, **settings.dbt_environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise FixEnvironment(
            "DBT-RUN",
            ", ".join(models),
            f"dbt ended with {ended.returncode}",
            f"{settings.data / 'dbt' / 'dbt.log'} says why.",
        )


def _require_gated(settings: Settings) -> None:
    with connect(settings.warehouse, read_only=True) as connection:
        loads = raw_gate.waiting(connection)
    if loads:
        raise GateRefused(
            "RAW-NOT-GATED",
            "raw",
            f"{len(loads)} loads have not passed the raw gate",
            "Materialize raw and its checks first; earful status names the loads.",
        )


def _ensure_release(settings: Settings) -> None:
    """Make the release file in the storage format that every DuckDB from 1.0 on opens."""
    if settings.release.exists():
        return
    with connect(settings.warehouse) as connection:
        connection.execute(
            f"attach {literal(str(settings.release))} as release (storage_version 'v1.0.0')"
        )
        connection.execute("create or replace table release.main.begun as select 1 as one")
        connection.execute("drop table release.main.begun")
