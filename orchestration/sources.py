"""The sources of an instance: those of the checkout, or a folder that settings name."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from connectors.errors import FixConfiguration
from orchestration.components.config import SourceConfig
from orchestration.components.streams import SourceStream, Streams
from orchestration.settings import ROOT, Settings
from orchestration.yaml_files import off_schema, source_attributes

OWN_SOURCES = ROOT / "orchestration/defs/sources"


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


def hashed_employee(settings: Settings, source: str, ref: str) -> str | None:
    """An employee as a source's rows name them; None where it is unknown, or speaks of none.

    Raises:
        FixConfiguration: The variable with the source's key is not set.
    """
    path = settings.sources / source / "defs.yaml"
    return Streams(source, source_config(path)).hashed(ref) if path.is_file() else None


def source_config(path: Path) -> SourceConfig:
    """What a source's YAML says. Raises `FixConfiguration` naming the file and the field."""
    try:
        return SourceConfig.model_validate(source_attributes(path))
    except ValidationError as error:
        raise off_schema(path, error, ("attributes",)) from None
