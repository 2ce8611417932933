"""Finds an instance's sources: those of the checkout, or a folder that settings name."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import yaml
from pydantic import ValidationError

from connectors.errors import FixConfiguration
from orchestration.components import Source
from orchestration.components.config import SourceConfig
from orchestration.components.streams import SourceStream, Streams
from orchestration.settings import ROOT, Settings
from orchestration.yaml_lines import line_of

OWN_SOURCES = ROOT / "orchestration/defs/sources"


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


def source_files(settings: Settings) -> list[Path]:
    """The YAML of each source, by name."""
    return sorted(settings.sources.glob("*/defs.yaml"))


def configured_stream(settings: Settings, source: str, stream: str) -> SourceStream:
    """A stream of a configured source, ready to be read or replayed.

    Raises:
        FixConfiguration: There is no such source or stream.
    """
    path = settings.sources / source / "defs.yaml"
    streams = Streams(source, source_config(path)) if path.is_file() else None
    if streams is None or stream not in streams.facts():
        raise FixConfiguration(
            "SOURCE-UNKNOWN",
            f"{source}.{stream}",
            "no such stream is configured",
            f"earful status lists the streams; sources are read from {settings.sources}.",
        )
    return streams.stream(stream)


def source_config(path: Path) -> SourceConfig:
    """What a source's YAML says. Raises `FixConfiguration` naming the file and the field."""
    try:
        attributes = yaml.safe_load(path.read_text())["attributes"]
        return SourceConfig.model_validate(attributes)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise FixConfiguration(
            "YAML-SCHEMA",
            f"{path}:{line_of(path, ('attributes', *first['loc']))}, {field}",
            first["msg"],
            "docs/add-a-source.md lists every key.",
        ) from None
