"""The dbt project as the rest of the code knows it: its manifest, fingerprint and columns."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import msgspec

from connectors.errors import FixConfiguration, FixEnvironment
from orchestration.dbt import child
from orchestration.settings import ROOT, Settings
from orchestration.unwritable import make_folder

PROJECT = ROOT / "dbt_project"
_MARK = "fingerprint"
_KINDS = ("*.sql", "*.yml", "*.csv", "*.py")
_FREE_TEXT = "free_text"
_PUBLIC = ("public", "pseudonymous", _FREE_TEXT)


class PublicColumn(NamedTuple):
    """A column that a mart declares fit for publishing."""

    table: str
    column: str


class _Column(msgspec.Struct):
    name: str
    config: dict[str, object] = {}
    meta: dict[str, object] = {}


class _NodeConfig(msgspec.Struct):
    meta: dict[str, object] = {}


class _Node(msgspec.Struct):
    name: str
    resource_type: str
    database: str | None = None
    columns: dict[str, _Column] = {}
    config: _NodeConfig = msgspec.field(default_factory=_NodeConfig)


class _Manifest(msgspec.Struct):
    nodes: dict[str, _Node]


def fingerprint(settings: Settings) -> str:
    """Hash of everything that decides what the models make of raw."""
    digest = hashlib.sha256(b"" if settings.publish_texts else b"without texts")
    for folder in (PROJECT, settings.seeds):
        for file in sorted(f for kind in _KINDS for f in folder.rglob(kind)):
            relative = file.relative_to(folder)
            if relative.parts[0] not in ("target", "logs"):
                digest.update(f"{relative}\0".encode() + file.read_bytes())
    if settings.matching is not None:
        # one that is not there is no reason to find nothing new: the pass says that it is missing
        there = settings.matching.is_file()
        digest.update(settings.matching.read_bytes() if there else b"missing")
    return digest.hexdigest()[:16]


@dataclass(frozen=True)
class Parsing:
    """dbt, parsing the project in a process of its own; none where nothing changed."""

    manifest: Path
    fingerprint: str
    process: subprocess.Popen[str] | None = None

    def result(self) -> Path:
        """The manifest, waited for. Raises `FixConfiguration` where dbt could not parse."""
        if self.process is not None:
            said, _ = self.process.communicate()
            if self.process.returncode:
                raise FixConfiguration(
                    "DBT-PARSE",
                    str(PROJECT),
                    f"dbt cannot parse the project: {said.strip()}",
                    "Mend the model or seed that it names.",
                )
            self.manifest.with_name(_MARK).write_text(self.fingerprint)
        return self.manifest


@contextmanager
def parsing(settings: Settings) -> Iterator[Parsing]:
    """The project is being parsed, where anything in it changed; leaving early ends that."""
    target = settings.data / "dbt"
    path, mark = target / "manifest.json", target / _MARK
    now = fingerprint(settings)
    if path.exists() and mark.exists() and mark.read_text() == now:
        yield Parsing(path, now)
        return
    require_seeds(settings)
    make_folder(target)
    with subprocess.Popen(  # noqa: S603 - our own dbt, our own arguments
        [dbt_executable(), "parse", "--quiet", "--project-dir", PROJECT, "--profiles-dir", PROJECT],
        env={**os.environ, **settings.dbt_environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield Parsing(path, now, process)
        finally:
            if process.poll() is None:
                process.terminate()


def require_seeds(settings: Settings) -> None:
    """An instance's own folder of seeds may be from before there was one of them.

    Raises:
        FixConfiguration: It lacks one.
    """
    needed = {file.name for file in (PROJECT / "seeds").glob("*.csv")}
    # a link that leads nowhere is no seed
    there = {file.name for file in settings.seeds.glob("*.csv") if file.exists()}
    missing = sorted(needed - there)
    if missing:
        raise FixConfiguration(
            "SEED-MISSING",
            str(settings.seeds),
            f"the folder of seeds has no {', '.join(missing)}",
            f"Copy it from {PROJECT / 'seeds'}; its first line alone is a seed without rows.",
        )


def ensure(settings: Settings) -> Path:
    """The manifest of the project as it stands, parsed anew where anything changed.

    Raises:
        FixConfiguration: The instance lacks a seed, or dbt could not parse the project.
    """
    with parsing(settings) as begun:
        return begun.result()


def dbt_executable() -> str:
    """The dbt of this environment, whatever PATH says, as a child that ends with its parent.

    Raises:
        FixEnvironment: The environment is from before this code, whose command is another one.
    """
    script = Path(sys.executable).with_name("earful-dbt")
    if not script.is_file() or child.__name__.encode() not in script.read_bytes():
        raise FixEnvironment(
            "ENVIRONMENT-OLD",
            str(script),
            "is not the command of this code: the environment was installed before it",
            "Install again, with make demo or pip install -e . in the checkout.",
        )
    return str(script)


def public_columns(settings: Settings) -> set[PublicColumn]:
    """Columns of the release that declare a privacy class that may be published."""
    return _columns_of(settings, *_PUBLIC)


def free_texts(settings: Settings) -> set[PublicColumn]:
    """Columns of the release that hold somebody's words."""
    return _columns_of(settings, _FREE_TEXT)


def may_shrink(settings: Settings) -> set[str]:
    """Tables of the release that are right to lose rows: lists of what is yet to be done."""
    return {node.name for node in _released(settings) if node.config.meta.get("may_shrink")}


def parquet_months(settings: Settings) -> dict[str, str]:
    """Column by whose months the Parquet of a table may be split, for tables that name one."""
    return {
        node.name: str(column)
        for node in _released(settings)
        if (column := node.config.meta.get("parquet_month"))
    }


def _released(settings: Settings) -> list[_Node]:
    manifest = msgspec.json.decode(ensure(settings).read_bytes(), type=_Manifest)
    return [
        node
        for node in manifest.nodes.values()
        if node.resource_type == "model" and node.database == "release"
    ]


def _columns_of(settings: Settings, *classes: str) -> set[PublicColumn]:
    return {
        PublicColumn(node.name, column.name)
        for node in _released(settings)
        for column in node.columns.values()
        if _privacy(column) in classes
    }


def _privacy(column: _Column) -> object:
    meta = column.config.get("meta") or column.meta
    return meta.get("privacy") if isinstance(meta, dict) else None
