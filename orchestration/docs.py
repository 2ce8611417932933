"""Renders what is written about the tables from where it is declared.

    models' yml -> docs/tables.md, docs/metrics.md
    the YAML's models -> docs/source-reference.md
    the vendors' connectors -> docs/vendors.md
    connectors/families -> dbt_project/.../_sources.yml

Usage: python -m orchestration.docs [--check | --check-parse]
"""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from connectors.files import mapping
from connectors.vendors import NAMES, Options, connector
from orchestration import settings as instance_settings
from orchestration.components.config import SourceConfig
from orchestration.dbt import manifest as dbt_manifest
from orchestration.dbt import sources as dbt_sources
from orchestration.matching import config as matching
from orchestration.settings import ROOT, Settings

TABLES = ROOT / "docs/tables.md"
METRICS = ROOT / "docs/metrics.md"
REFERENCE = ROOT / "docs/source-reference.md"
VENDORS = ROOT / "docs/vendors.md"
_HEAD = """# Tables

What the published file holds. Rendered from the models' own descriptions by `make docs`; the same
texts are in the file itself: `select table_name, comment from duckdb_tables()`.

Privacy: *public*; *pseudonymous* (an id that names a person only to those who hold the source);
*free_text* (somebody's words, with e-mail addresses, phone, card and account numbers masked; names
and street addresses in them are not: [privacy.md](privacy.md)).
"""

_METRICS_HEAD = """# Metrics of the semantic layer

What MetricFlow can be asked for, and by what it can be cut. Rendered from the semantic models by
`make docs`. [semantic-layer.md](semantic-layer.md) says how to ask, and when to read the table
`metrics` instead, whose cuts, intervals and weights [numbers.md](numbers.md) explains.
"""

_REFERENCE_HEAD = """# Source reference

Every key of a source's `defs.yaml`, and of the YAML that the setting `matching` names. Rendered
from the models that check them, by `make docs`. [add-a-source.md](add-a-source.md) and
[identity.md](identity.md) show them at work.
"""

_VENDORS_HEAD = """# Vendors

What each connector reads, and what it needs. Rendered from the connectors, by `make docs`.
[add-a-source.md](add-a-source.md) shows how one is switched on.

*Evidence* says what a connector was held against: answers recorded from a live tenant, the vendor's
own description of its API, or its documentation alone. All of them run against the sandbox, which
was written from the same documentation and so proves nothing about the vendor.
"""


def main() -> int:
    """Write the files, or say which of them are not current."""
    settings = instance_settings.load()
    if "--check-parse" in sys.argv:
        return _parse_strictly(settings)
    if "--check" not in sys.argv:
        # first, since the models are parsed against them: a new table has a model before a source
        dbt_sources.PATH.write_text(dbt_sources.render())
    rendered = {
        TABLES: render_tables(settings),
        METRICS: render_metrics(settings),
        REFERENCE: render_reference(),
        VENDORS: render_vendors(),
        dbt_sources.PATH: dbt_sources.render(),
    }
    if "--check" not in sys.argv:
        for path, text in rendered.items():
            path.write_text(text)
        return 0
    stale = [path for path, text in rendered.items() if _read(path) != text]
    for path in stale:
        sys.stderr.write(f"{path.relative_to(ROOT)} is not current: make docs\n")
    return 1 if stale else 0


def render_tables(settings: Settings) -> str:
    """docs/tables.md, from the manifest's public marts."""
    manifest: dict[str, Any] = msgspec.json.decode(dbt_manifest.ensure(settings).read_bytes())
    marts = sorted(
        (node for node in manifest["nodes"].values() if _is_public(node)),
        key=lambda node: str(node["name"]),
    )
    return "\n".join([_HEAD, *(_table(mart) for mart in marts)])


def render_metrics(settings: Settings) -> str:
    """docs/metrics.md, from the manifest's semantic models and their metrics."""
    manifest: dict[str, Any] = msgspec.json.decode(dbt_manifest.ensure(settings).read_bytes())
    models = sorted(manifest["semantic_models"].values(), key=lambda model: str(model["name"]))
    # by name: after a change dbt keeps them in another order
    metrics = sorted(manifest["metrics"].values(), key=lambda metric: str(metric["name"]))
    return "\n".join([_METRICS_HEAD, *(_semantic_model(model, metrics) for model in models)])


def render_reference() -> str:
    """docs/source-reference.md, from the models that check users' YAML."""
    sections: list[tuple[type[BaseModel], str]] = [
        (SourceConfig, "attributes"),
        (mapping.StreamConfig, "attributes.streams.NAME"),
        (mapping.TableMapping, "….tables.TABLE"),
        (mapping.Value, "….columns.COLUMN"),
        (mapping.Question, "….questions"),
        (mapping.Lookup, "….lookups"),
        (mapping.Thread, "….thread"),
        (matching.MatchingConfig, "matching"),
        (matching.Comparison, "matching.compare"),
    ]
    return "\n".join([_REFERENCE_HEAD, *(_section(model, path) for model, path in sections)])


def render_vendors() -> str:
    """docs/vendors.md, from the connectors themselves."""
    return "\n".join([_VENDORS_HEAD, *(_vendor(name) for name in NAMES)])


def _vendor(name: str) -> str:
    known = connector(name)
    said = inspect.cleandoc(import_module(f"connectors.vendors.{name}").__doc__ or "")
    rates = ", ".join(
        f"`{kind}` {rate.requests:g} in {rate.seconds:g} s"
        for kind, rate in known.vendor.rates.items()
    )
    lines = [
        f"## {known.vendor.name} (`connector: {name}`)\n",
        f"{said}\n",
        f"Requests, unless `rates` says otherwise: {rates}.\n",
        "| stream | family | tables |",
        "|---|---|---|",
    ]
    lines += [
        f"| `{stream}` | {endpoint.family} | {', '.join(endpoint.stream.tables)} |"
        for stream, endpoint in known.endpoints(Options()).items()
    ]
    return "\n".join(lines) + "\n"


def _section(model: type[BaseModel], path: str) -> str:
    lines = [f"## `{path}`\n", f"{(model.__doc__ or '').strip()}\n"]
    lines += ["| key | default | what it means |", "|---|---|---|"]
    for name, field in model.model_fields.items():
        default = "**required**" if field.is_required() else _default(field)
        lines.append(f"| `{field.alias or name}` | {default} | {_cell(field.description or '')} |")
    return "\n".join(lines) + "\n"


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True, validated_data={})
    return "" if value in (None, [], {}, "") else f"`{value}`"


def _is_public(node: dict[str, Any]) -> bool:
    return bool(node["resource_type"] == "model" and node["config"].get("access") == "public")


def _table(mart: dict[str, Any]) -> str:
    lines = [
        f"## {mart['name']}\n",
        f"{' '.join(mart['description'].split())}\n",
        "| column | type | privacy | what it is |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| `{column['name']}` | {column['data_type']} | {_privacy(column)} | "
        f"{_cell(column['description'])} |"
        for column in mart["columns"].values()
    ]
    return "\n".join(lines) + "\n"


def _semantic_model(model: dict[str, Any], metrics: list[dict[str, Any]]) -> str:
    """A semantic model stands in one file with its metrics."""
    [own] = [e["name"] for e in model["entities"] if e["type"] == "primary"]
    shared = [f"`{e['name']}`" for e in model["entities"]]
    dimensions = [f"`{own}__{d['name']}`" for d in model["dimensions"]]
    lines = [
        f"## {model['name']}\n",
        f"{' '.join(model['description'].split())}\n",
        f"Cut by {', '.join([*shared, *dimensions])}.\n",
    ]
    of_it = [m for m in metrics if m["original_file_path"] == model["original_file_path"]]
    if of_it:
        when = model["defaults"]["agg_time_dimension"]
        lines += [f"`metric_time` is `{when}`.\n", "| metric | what it is |", "|---|---|"]
    lines += [f"| `{m['name']}` | {_cell(m['description'])} |" for m in of_it]
    return "\n".join(lines) + "\n"


def _privacy(column: dict[str, Any]) -> str:
    return str((column["config"].get("meta") or {}).get("privacy", ""))


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _parse_strictly(settings: Settings) -> int:
    """Parse the project with every deprecation an error."""
    settings.data.mkdir(parents=True, exist_ok=True)
    project = str(dbt_manifest.PROJECT)
    ended = subprocess.run(  # noqa: S603 - our own dbt, our own arguments
        [
            *(dbt_manifest.dbt_executable(), "--warn-error-options"),
            *('{"error": ["Deprecations"]}', "parse", "--quiet", "--no-partial-parse"),
            *("--project-dir", project, "--profiles-dir", project),
        ],
        env={**os.environ, **settings.dbt_environment},
        check=False,
    )
    return ended.returncode


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main())
