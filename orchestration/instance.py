"""Finds an instance's sources: those of the checkout, or a folder that settings name."""

from __future__ import annotations

import importlib
from types import ModuleType

import dagster as dg

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
