"""`Source`: one instance of a connector, written in YAML by its user."""

import os
import re
from datetime import timedelta
from typing import Literal

import dagster as dg
from pydantic import Field, field_validator

from connectors.errors import FixConfiguration
from connectors.families import TABLES
from connectors.files import FileStream, StreamConfig
from connectors.landing import Landing, Manifest, Origin
from orchestration import settings as instance_settings
from orchestration.assets import column_schema, landing_key
from orchestration.attempts import attempting
from orchestration.windows import ReadAgain

_DURATION = re.compile(r"(\d+) (minutes|hours|days)")
_RETRIES = dg.RetryPolicy(
    max_retries=3, delay=5, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS
)
KEEP_RAW_BY_DEFAULT = {"workforce": False}


class Source(dg.Component, dg.Model, dg.Resolvable):
    """One instance of a connector; its folder's name is the source's name."""

    connector: Literal["files"] = Field(description="Connector that reads the source.")
    family: Literal["survey", "support", "workforce", "review", "customer"] = Field(
        description="Family whose tables the source fills."
    )
    description: str = Field(description="What the source is, for the people who find its data.")
    owner: str | None = Field(None, description="E-mail address, or team:name.")
    schedule: str | None = Field(None, description="Cron expression (UTC) of its runs.")
    stale_after: str | None = Field(
        None, description="Age at which its data counts as stale: '30 hours', '2 days'."
    )
    secrets: dict[str, str] = Field(
        default_factory=dict,
        description="What a secret is for -> NAME of the environment variable that holds it.",
    )
    keep_raw: bool | None = Field(
        None, description="Keep raw pages. Default: yes; no for the workforce family."
    )
    folder: str = Field(".", description="Folder of the exports, relative to EARFUL_EXPORTS.")
    streams: dict[str, StreamConfig] = Field(description="What is read, by name of the stream.")

    @field_validator("stale_after")
    @classmethod
    def _is_duration(cls, value: str | None) -> str | None:
        if value is not None and not _DURATION.fullmatch(value):
            raise ValueError("expected a number and minutes, hours or days: '30 hours'")
        return value

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """An asset per stream, and the schedule that lands them."""
        name = context.path.name if context.path.is_dir() else context.path.parent.name
        assets = [self._asset(name, stream) for stream in self.streams]
        job = dg.define_asset_job(
            f"land_{name}",
            selection=dg.AssetSelection.assets(*(asset.key for asset in assets)),
            description=f"Reads what is new in {name}.",
        )
        schedules = (
            [
                dg.ScheduleDefinition(
                    job=job,
                    cron_schedule=self.schedule,
                    default_status=dg.DefaultScheduleStatus.RUNNING,
                    execution_timezone="UTC",
                )
            ]
            if self.schedule
            else []
        )
        return dg.Definitions(assets=assets, jobs=[job], schedules=schedules)

    def stream(self, source: str, name: str) -> FileStream:
        """A stream ready to be read. Raises `FixConfiguration` on an unset secret."""
        settings = instance_settings.load()
        keep_raw = self.keep_raw
        if keep_raw is None:
            keep_raw = KEEP_RAW_BY_DEFAULT.get(self.family, True)
        key = self._secret(source, "respondent_key")
        return FileStream(
            origin=Origin(source=source, stream=name, connector=self.connector, family=self.family),
            config=self.streams[name],
            folder=settings.exports / self.folder,
            keep_raw=keep_raw,
            hash_key=key.encode() if key else None,
        )

    def _secret(self, source: str, purpose: str) -> str | None:
        variable = self.secrets.get(purpose)
        if variable is None:
            return None
        value = os.environ.get(variable)
        if not value:
            raise FixConfiguration(
                "SECRET-UNSET",
                f"{source}, secrets.{purpose}",
                f"the environment variable {variable} is not set",
                f"Set {variable} in the environment or in .env before the run.",
            )
        return value

    def _asset(self, source: str, stream: str) -> dg.AssetsDefinition:
        tables = tuple(self.streams[stream].tables)
        spec = dg.AssetSpec(
            key=landing_key(source, stream),
            description=f"{self.description} Load packages of {', '.join(tables)}.",
            group_name=self.family,
            owners=[self.owner] if self.owner else None,
            kinds={self.connector, "parquet"},
            metadata={
                "earful/tables": list(tables),
                "dagster/column_schema": column_schema(*(TABLES[table] for table in tables)),
            },
            freshness_policy=self._freshness(),
        )

        @dg.multi_asset(name=f"land_{source}_{stream}", specs=[spec], retry_policy=_RETRIES)
        def land(
            context: dg.AssetExecutionContext, config: ReadAgain
        ) -> dg.MaterializeResult[None]:
            landing = Landing(instance_settings.load().landing)
            with attempting():
                manifests = list(self.stream(source, stream).sync(landing, config.window()))
            context.log.info("%s.%s: %d new packages", source, stream, len(manifests))
            return dg.MaterializeResult(asset_key=spec.key, metadata=_metadata(manifests))

        return land

    def _freshness(self) -> dg.FreshnessPolicy | None:
        if self.stale_after is None:
            return None
        number, unit = self.stale_after.split()
        return dg.FreshnessPolicy.time_window(fail_window=timedelta(**{unit: int(number)}))


def _metadata(manifests: list[Manifest]) -> dict[str, int | list[str]]:
    counts = [manifest.counts for manifest in manifests]
    return {
        "dagster/row_count": sum(c.accepted for c in counts),
        "records_read": sum(c.read for c in counts),
        "records_rejected": sum(c.rejected for c in counts),
        "records_deduplicated": sum(c.deduplicated for c in counts),
        "packages": len(manifests),
    }
