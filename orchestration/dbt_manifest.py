"""The dbt project as the rest of the code knows it: its manifest, fingerprint and columns."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import msgspec

from connectors.errors import FixConfiguration
from orchestration.settings import ROOT, Settings

PROJECT = ROOT / "dbt_project"
_KINDS = ("*.sql", "*.yml", "*.csv", "*.py")
_PUBLIC = ("public", "pseudonymous", "free_text")


class PublicColumn(NamedTuple):
    """A column that a mart declares fit for publishing."""

    table: str
    column: str


class _Column(msgspec.Struct):
    name: str
    config: dict[str, object] = {}
    meta: dict[str, object] = {}


class _Node(msgspec.Struct):
    name: str
    resource_type: str
    database: str | None = None
    columns: dict[str, _Column] = {}


class _Manifest(msgspec.Struct):
    nodes: dict[str, _Node]


def fingerprint(settings: Settings) -> str:
    """Hash of everything that decides what the models make of raw."""
    digest = hashlib.sha256()
    for folder in (PROJECT, settings.seeds):
        for file in sorted(f for kind in _KINDS for f in folder.rglob(kind)):
            relative = file.relative_to(folder)
            if relative.parts[0] not in ("target", "logs"):
                digest.update(f"{relative}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def ensure(settings: Settings) -> Path:
    """The manifest of the project as it stands, parsed anew where anything changed.

    Raises:
        FixConfiguration: dbt could not parse the project.
    """
    target = settings.data / "dbt"
    path, mark = target / "manifest.json", target / "fingerprint"
    now = fingerprint(settings)
    if path.exists() and mark.exists() and mark.read_text() == now:
        return path
    target.mkdir(parents=True, exist_ok=True)
    result = subprocess.run(  # noqa: S603 - our own dbt, our own arguments
        [dbt_executable(), "parse", "--quiet", "--project-dir", PROJECT, "--profiles-dir", PROJECT],
        env={**os.environ, **settings.dbt_environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise FixConfiguration(
            "DBT-PARSE",
            str(PROJECT),
            f"dbt cannot parse the project: {result.stdout.strip() or result.stderr.strip()}",
            "Mend the model or seed that it names.",
        )
    mark.write_text(now)
    return path


def begin(settings: Settings) -> Future[Path]:
    """`ensure`, meanwhile: dbt parses in a process of its own, whatever this one does."""
    pool = ThreadPoolExecutor(1, thread_name_prefix="dbt parse")
    parsing = pool.submit(ensure, settings)
    pool.shutdown(wait=False)
    return parsing


def dbt_executable() -> str:
    """The dbt of this environment, whatever PATH says."""
    return str(Path(sys.executable).with_name("dbt"))


def public_columns(settings: Settings) -> set[PublicColumn]:
    """Columns of the release that declare a privacy class that may be published."""
    manifest = msgspec.json.decode(ensure(settings).read_bytes(), type=_Manifest)
    return {
        PublicColumn(node.name, column.name)
        for node in manifest.nodes.values()
        if node.resource_type == "model" and node.database == "release"
        for column in node.columns.values()
        if _privacy(column) in _PUBLIC
    }


def _privacy(column: _Column) -> object:
    meta = column.config.get("meta") or column.meta
    return meta.get("privacy") if isinstance(meta, dict) else None
