"""Finds an instance's sources: those of the checkout, or a folder that settings name."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import dagster as dg
import yaml

from connectors.errors import FixConfiguration
from connectors.files import FileStream
from orchestration.components import Source
from orchestration.components.config import SourceConfig
from orchestration.settings import ROOT, Settings

OWN_SOURCES = ROOT / "orchestration/defs/sources"
_PIPELINE = ("warehouse", "models", "publishing")


def sources_tree(settings: Settings) -> dg.Definitions:
    """Everything under `defs/`, with the instance's sources."""
    if settings.sources == OWN_SOURCES:
        return dg.load_from_defs_folder(path_within_project=ROOT)
    modules = [importlib.import_module(f"orchestration.defs.{name}") for name in _PIPELINE]
    return dg.Definitions.merge(
        *(dg.ComponentTree.from_module(module, ROOT).build_defs() for module in modules),
        dg.ComponentTree.from_module(_folder_module(settings), ROOT).build_defs(),
    )


def _folder_module(settings: Settings) -> ModuleType:
    """A folder outside the package, as the module that Dagster's loader wants."""
    module = ModuleType("earful_sources")
    module.__path__ = [str(settings.sources)]
    module.__file__ = str(settings.sources / "__init__.py")
    return module


def configured_stream(settings: Settings, source: str, stream: str) -> FileStream:
    """A stream of a configured source, ready to be read or replayed.

    Raises:
        FixConfiguration: There is no such source or stream.
    """
    path = settings.sources / source / "defs.yaml"
    component = _component(path) if path.is_file() else None
    if component is None or stream not in component.config.streams:
        raise FixConfiguration(
            "SOURCE-UNKNOWN",
            f"{source}.{stream}",
            "no such stream is configured",
            f"earful status lists the streams; sources are read from {settings.sources}.",
        )
    return component.stream(source, stream)


def _component(path: Path) -> Source:
    attributes = yaml.safe_load(path.read_text())["attributes"]
    return Source(SourceConfig.model_validate(attributes))
