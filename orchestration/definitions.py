"""What Dagster loads: everything under `defs/`, and how sources and raw tables hang together."""

from __future__ import annotations

import dagster as dg

from orchestration import settings as instance_settings
from orchestration.assets import raw_key
from orchestration.instance import definitions
from orchestration.long_lived import long_lived


@dg.definitions
def defs() -> dg.Definitions:
    """The whole instance: sources, loader, models, publishing."""
    with long_lived():
        return _connected(definitions(instance_settings.load()))


def _connected(found: dg.Definitions) -> dg.Definitions:
    feeding: dict[dg.AssetKey, list[dg.AssetDep]] = {}
    for spec in found.resolve_all_asset_specs():
        for table in spec.metadata.get("earful/tables", []):
            feeding.setdefault(raw_key(table), []).append(dg.AssetDep(spec.key))

    def fed(spec: dg.AssetSpec) -> dg.AssetSpec:
        return spec.merge_attributes(deps=feeding[spec.key])

    return found.map_resolved_asset_specs(func=fed, selection=dg.AssetSelection.assets(*feeding))
