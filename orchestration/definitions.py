"""What Dagster loads: everything under `defs/`, and the few policies that hold for all of it."""

from __future__ import annotations

import dagster as dg

from orchestration import settings as instance_settings
from orchestration.assets import raw_key
from orchestration.instance import sources_tree

_NEW_UPSTREAM = dg.AutomationCondition.eager().without(
    # a source that never landed anything must not hold the others back
    ~dg.AutomationCondition.any_deps_missing()
)


@dg.definitions
def defs() -> dg.Definitions:
    """The whole instance: sources, loader, models, publishing."""
    found = sources_tree(instance_settings.load())
    landing = [spec for spec in found.resolve_all_asset_specs() if spec.key.path[0] == "landing"]
    raw_by_table: dict[dg.AssetKey, list[dg.AssetKey]] = {}
    for spec in landing:
        for table in spec.metadata["earful/tables"]:
            raw_by_table.setdefault(raw_key(table), []).append(spec.key)

    def with_policies(spec: dg.AssetSpec) -> dg.AssetSpec:
        if spec.key.path[0] == "landing":
            return spec
        deps = [dg.AssetDep(key) for key in raw_by_table.get(spec.key, [])]
        return spec.merge_attributes(deps=deps).replace_attributes(
            automation_condition=_NEW_UPSTREAM
        )

    return dg.Definitions.merge(
        found.map_resolved_asset_specs(func=with_policies),
        dg.Definitions(
            sensors=[
                dg.AutomationConditionSensorDefinition(
                    "downstream",
                    target=dg.AssetSelection.all(),
                    default_status=dg.DefaultSensorStatus.RUNNING,
                    description="Loads, models and publishes whenever something landed.",
                )
            ]
        ),
    )
