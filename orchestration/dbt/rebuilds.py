"""Which incremental tables were made by other code than today's, and must be made whole again.

An increment goes on from what its table holds. After an upgrade, or a change of a model, of one
that it reads or of a macro, that is content which today's code would not have made, so the table
is dropped, and the next build makes it whole. Readers have the published version meanwhile.
"""

from __future__ import annotations

import hashlib

import msgspec
import yaml

from orchestration.dbt import manifest as dbt_manifest
from orchestration.settings import Settings
from orchestration.warehouse import connect
from orchestration.warehouse.sql import literal

_VERSIONS = "main.model_versions"


class _DependsOn(msgspec.Struct):
    macros: list[str] = []
    nodes: list[str] = []


class _Checksum(msgspec.Struct):
    checksum: str


class _Config(msgspec.Struct):
    materialized: str = ""
    unique_key: str | list[str] | None = None
    full_refresh: bool | None = None


class _Node(msgspec.Struct):
    name: str
    resource_type: str
    original_file_path: str
    checksum: _Checksum
    config: _Config
    database: str | None = None
    relation_name: str | None = None
    depends_on: _DependsOn = msgspec.field(default_factory=_DependsOn)


class _Macro(msgspec.Struct):
    macro_sql: str
    depends_on: _DependsOn


class _Manifest(msgspec.Struct):
    nodes: dict[str, _Node]
    macros: dict[str, _Macro]


def drop_outdated(settings: Settings) -> list[str]:
    """Drop the incremental tables that other code made, and note whose code makes them now.

    A table with `full_refresh: false` holds what nothing else does, and stays.

    Returns:
        Names of the models whose tables were dropped.
    """
    manifest = msgspec.json.decode(dbt_manifest.ensure(settings).read_bytes(), type=_Manifest)
    versions = _Versions(manifest)
    tables = [
        node
        for node in manifest.nodes.values()
        if node.config.materialized == "incremental" and node.config.full_refresh is not False
    ]
    now = {node.name: versions.of(key) for key, node in manifest.nodes.items() if node in tables}
    with connect(settings.warehouse) as connection:
        connection.execute(f"attach {literal(str(settings.release))} as release")
        connection.execute(
            f"create table if not exists {_VERSIONS} (model varchar, code_version varchar)"
        )
        held = dict(connection.execute(f"from {_VERSIONS}").fetchall())
        outdated = [node for node in tables if held.get(node.name) != now[node.name]]
        if not outdated:
            return []
        there = {
            name
            for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()
        }
        # a transaction writes one file; whatever is left when it is cut off is dropped by the next
        for node in (node for node in outdated if node.database == "release"):
            connection.execute(f"drop table if exists {node.relation_name}")
        connection.execute("begin")
        for node in (node for node in outdated if node.database != "release"):
            connection.execute(f"drop table if exists {node.relation_name}")
        connection.execute(f"delete from {_VERSIONS}")
        connection.executemany(f"insert into {_VERSIONS} values (?, ?)", list(now.items()))
        connection.execute("commit")
    return sorted(node.name for node in outdated if node.name in there)


def _is_code(node: _Node) -> bool:
    return node.resource_type == "model" or node.original_file_path.startswith("reference/")


class _Versions:
    """Fingerprints of the models' code, what they read and the macros that they call included."""

    def __init__(self, manifest: _Manifest) -> None:
        project = yaml.safe_load((dbt_manifest.PROJECT / "dbt_project.yml").read_text())
        self._manifest = manifest
        self._vars = repr(project["vars"])
        self._known: dict[str, str] = {}

    def of(self, key: str) -> str:
        """Fingerprint of a model or of the project's own tables; the instance's seeds are data."""
        node = self._manifest.nodes.get(key)
        if node is None or not _is_code(node):
            return ""
        if key not in self._known:
            parts = [self._vars, node.checksum.checksum, repr(node.config), node.relation_name]
            parts += [self._manifest.macros[name].macro_sql for name in self._macros(node)]
            parts += [self.of(name) for name in sorted(node.depends_on.nodes)]
            self._known[key] = hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:16]
        return self._known[key]

    def _macros(self, node: _Node) -> list[str]:
        """The project's own macros that a model calls, through others too."""
        found: set[str] = set()
        left = list(node.depends_on.macros)
        while left:
            name = left.pop()
            if name not in found and name.startswith("macro.earful."):
                found.add(name)
                left += self._manifest.macros[name].depends_on.macros
        return sorted(found)
