"""What an instance is made of: everything under `defs/`, and its sources."""

from __future__ import annotations

import dagster as dg

from orchestration.components import Source
from orchestration.settings import ROOT, Settings
from orchestration.sources import OWN_SOURCES, source_config, source_files


def definitions(settings: Settings) -> dg.Definitions:
    """Everything under `defs/`, with the instance's sources in the place of the checkout's own."""
    if settings.sources == OWN_SOURCES:
        return dg.load_from_defs_folder(path_within_project=ROOT)
    # imported here: with the checkout's own sources, Dagster's loader imports them
    from orchestration.defs.matching import links  # noqa: PLC0415
    from orchestration.defs.models import dbt  # noqa: PLC0415
    from orchestration.defs.publishing import published, report  # noqa: PLC0415
    from orchestration.defs.warehouse import automation, raw  # noqa: PLC0415

    return dg.Definitions.merge(
        dg.load_definitions_from_modules([raw, automation, links, dbt, published, report]),
        *(
            Source(source_config(path)).definitions(path.parent.name)
            for path in source_files(settings)
        ),
    )
