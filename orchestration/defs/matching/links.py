"""raw -> matching.links -> identity: filled only where the setting `matching` names a file.

The pass builds stg_people itself. As an asset between two models it would have dbt's one step cut
in three, each with a start of dbt.
"""

from pathlib import Path

import dagster as dg

from orchestration import settings as instance_settings
from orchestration.assets import MATCHES, OWNERS, raw_key
from orchestration.attempts import attempting
from orchestration.dbt import runs as dbt_runs
from orchestration.matching import links
from orchestration.warehouse import WriterGate

_WHAT = "One row per pair of people who are alike enough to be linked, or looked at"


def _asset(file: Path) -> dg.AssetsDefinition:
    @dg.asset(
        key=MATCHES,
        deps=[raw_key("people")],
        description=f"{_WHAT}.",
        group_name="matching",
        owners=OWNERS,
        kinds={"duckdb", "splink"},
    )
    def matching_links(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        """Compare everybody with whomever they could be."""
        settings = instance_settings.load()
        with attempting(), WriterGate(settings.data, settings.lock_wait).hold("matching"):
            dbt_runs.run(settings, "stg_people")
            found = links.run(settings, file)
        for step in found.untrained:
            context.log.warning("the training showed no such pair: %s", step)
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": found.links + found.to_review,
                "people": found.people,
                "links": found.links,
                "to_review": found.to_review,
                "model": found.model,
            }
        )

    return matching_links


def _empty() -> dg.AssetSpec:
    """The table as the loader makes it, for models to read: nobody fills it."""
    return dg.AssetSpec(
        MATCHES,
        description=f"{_WHAT}; empty, since the setting `matching` names no pass.",
        group_name="matching",
        owners=OWNERS,
        kinds={"duckdb"},
    )


_FILE = instance_settings.load().matching

matching_links = _empty() if _FILE is None else _asset(_FILE)
