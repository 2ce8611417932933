"""`Source`: one instance of a connector, written in YAML by its user."""

import os
from typing import Self

import dagster as dg
from pydantic import BaseModel

from connectors.errors import FixConfiguration
from connectors.families import TABLES
from connectors.files import FileStream
from connectors.landing import Landing, Manifest, Origin
from orchestration import settings as instance_settings
from orchestration.assets import column_schema, landing_key, landing_op
from orchestration.attempts import attempting
from orchestration.components.config import SourceConfig
from orchestration.components.scaffold import SourceScaffolder
from orchestration.windows import ReadAgain

_RETRIES = dg.RetryPolicy(
    max_retries=3, delay=5, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS
)


@dg.scaffold_with(SourceScaffolder)
class Source(dg.Component):
    """One instance of a connector; its folder's name is the source's name."""

    def __init__(self, config: SourceConfig) -> None:
        """Keep what the user wrote; nothing is read, no secret is looked up."""
        self.config = config

    @classmethod
    def get_model_cls(cls) -> type[BaseModel]:
        """The YAML's schema."""
        return SourceConfig

    @classmethod
    def load(cls, attributes: BaseModel | None, context: dg.ComponentLoadContext) -> Self:  # noqa: ARG003 - signature of the base
        """A source from its checked YAML."""
        if not isinstance(attributes, SourceConfig):
            raise TypeError(f"expected the attributes of a source, not {type(attributes)}")
        return cls(attributes)

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """The definitions of the source that the YAML's folder names."""
        folder = context.path if context.path.is_dir() else context.path.parent
        return self.definitions(folder.name)

    def definitions(self, source: str) -> dg.Definitions:
        """An asset per stream, a job for all of them, and its schedule."""
        job = dg.define_asset_job(
            f"land_{source}",
            selection=dg.AssetSelection.assets(
                *(landing_key(source, stream) for stream in self.config.streams)
            ),
            description=f"Reads what is new in {source}.",
        )
        schedule = (
            dg.ScheduleDefinition(
                job=job,
                cron_schedule=self.config.schedule,
                default_status=dg.DefaultScheduleStatus.RUNNING,
                execution_timezone="UTC",
            )
            if self.config.schedule
            else None
        )
        return dg.Definitions(
            assets=[self._asset(source, stream) for stream in self.config.streams],
            jobs=[job],
            schedules=[schedule] if schedule else [],
        )

    def stream(self, source: str, name: str) -> FileStream:
        """A stream ready to be read. Raises `FixConfiguration` on an unset secret."""
        key = self._secret(source, "respondent_key")
        return FileStream(
            origin=Origin(
                source=source,
                stream=name,
                connector=self.config.connector,
                family=self.config.family,
            ),
            config=self.config.streams[name],
            folder=instance_settings.load().exports / self.config.folder,
            keep_raw=self.config.keeps_raw,
            hash_key=key.encode() if key else None,
        )

    def _secret(self, source: str, purpose: str) -> str | None:
        variable = self.config.secrets.get(purpose)
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
        spec = self._spec(source, stream)

        @dg.multi_asset(name=landing_op(spec.key), specs=[spec], retry_policy=_RETRIES)
        def land(
            context: dg.AssetExecutionContext, config: ReadAgain
        ) -> dg.MaterializeResult[None]:
            landing = Landing(instance_settings.load().landing)
            with attempting():
                manifests = list(self.stream(source, stream).sync(landing, config.window()))
            context.log.info("%s.%s: %d new packages", source, stream, len(manifests))
            return dg.MaterializeResult(asset_key=spec.key, metadata=_metadata(manifests))

        return land

    def _spec(self, source: str, stream: str) -> dg.AssetSpec:
        tables = tuple(self.config.streams[stream].tables)
        age = self.config.age_limit
        return dg.AssetSpec(
            key=landing_key(source, stream),
            description=f"{self.config.description} Load packages of {', '.join(tables)}.",
            group_name=self.config.family,
            owners=[self.config.owner] if self.config.owner else None,
            kinds={self.config.connector, "parquet"},
            metadata={
                "earful/tables": list(tables),
                "dagster/column_schema": column_schema(*(TABLES[table] for table in tables)),
            },
            freshness_policy=dg.FreshnessPolicy.time_window(fail_window=age) if age else None,
        )


def _metadata(manifests: list[Manifest]) -> dict[str, int]:
    counts = [manifest.counts for manifest in manifests]
    return {
        "dagster/row_count": sum(c.accepted for c in counts),
        "records_read": sum(c.read for c in counts),
        "records_rejected": sum(c.rejected for c in counts),
        "records_deduplicated": sum(c.deduplicated for c in counts),
        "packages": len(manifests),
    }
