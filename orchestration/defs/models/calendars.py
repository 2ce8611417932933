"""The tables of working hours, which the step of the models makes before dbt reads them."""

import dagster as dg

from orchestration.assets import OWNERS

_TABLES = {
    "hours": ("business_hours", "Stretches that each calendar works, holidays left out, in UTC."),
    "teams": ("team_calendars", "Which calendar each team works by."),
    "findings": ("business_hours", "Rows of both seeds that cannot be right."),
}


def _spec(name: str, seed: str, description: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        ["calendars", name],
        # made with the models, by orchestration.calendars: nobody materializes them apart
        deps=[dg.AssetKey(["seeds", seed])],
        description=description,
        group_name="calendars",
        owners=OWNERS,
        kinds={"duckdb"},
    )


tables = [_spec(name, seed, description) for name, (seed, description) in _TABLES.items()]
