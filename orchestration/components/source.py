"""`Source`: one instance of a connector, written in YAML by its user."""

from collections.abc import Iterator
from contextlib import closing
from typing import Self

import dagster as dg
from pydantic import BaseModel

from connectors.errors import EarfulError
from connectors.families import TABLES
from connectors.landing import Landing, Manifest, Window
from orchestration import settings as instance_settings
from orchestration.assets import column_schema, landing_key, landing_op
from orchestration.attempts import failure
from orchestration.components import silence
from orchestration.components.config import SourceConfig
from orchestration.components.extraction import extract
from orchestration.components.scaffold import SourceScaffolder
from orchestration.components.streams import StreamFacts, Streams
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
        specs = [
            self._spec(source, name, facts)
            for name, facts in Streams(source, self.config).facts().items()
        ]
        job = dg.define_asset_job(
            f"land_{source}",
            selection=dg.AssetSelection.assets(*(spec.key for spec in specs)),
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
            assets=[self._assets(source, specs)],
            jobs=[job],
            schedules=[schedule] if schedule else [],
        )

    def _assets(self, source: str, specs: list[dg.AssetSpec]) -> dg.AssetsDefinition:
        """All streams in one step: they share the vendor's budget."""

        @dg.multi_asset(
            name=landing_op(source),
            specs=specs,
            check_specs=silence.spec(Streams(source, self.config)),
            can_subset=True,
            retry_policy=_RETRIES,
        )
        def land(
            context: dg.AssetExecutionContext, config: ReadAgain
        ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
            with closing(Streams(source, self.config)) as streams:
                yield from _land(context, streams, config.window())
                if context.selected_asset_check_keys:
                    yield silence.judge(streams, _landing())

        return land

    def _spec(self, source: str, stream: str, facts: StreamFacts) -> dg.AssetSpec:
        age = self.config.age_limit
        tables = facts.tables
        return dg.AssetSpec(
            key=landing_key(source, stream),
            description=f"{self.config.description} Load packages of {', '.join(tables)}.",
            group_name=facts.family,
            owners=[self.config.owner] if self.config.owner else None,
            kinds={self.config.connector, "parquet"},
            metadata={
                "earful/tables": list(tables),
                "dagster/column_schema": column_schema(*(TABLES[table] for table in tables)),
            },
            freshness_policy=dg.FreshnessPolicy.time_window(fail_window=age) if age else None,
        )


def _land(
    context: dg.AssetExecutionContext, streams: Streams, window: Window | None
) -> Iterator[dg.MaterializeResult[None]]:
    """Land the streams that were selected; each result comes as its stream ends."""
    names = sorted(key.path[-1] for key in context.selected_asset_keys)
    errors: dict[str, EarfulError] = {}
    for landed in extract(streams, names, _landing(), window):
        packages = len(landed.manifests)
        context.log.info("%s.%s: %d new packages", streams.source, landed.stream, packages)
        if landed.error is not None:
            errors[f"{streams.source}.{landed.stream}"] = landed.error
            continue
        key = landing_key(streams.source, landed.stream)
        yield dg.MaterializeResult(asset_key=key, metadata=_metadata(landed.manifests))
    if errors:
        raise failure(errors)


def _landing() -> Landing:
    return Landing(instance_settings.load().landing)


def _metadata(manifests: list[Manifest]) -> dict[str, int]:
    counts = [manifest.counts for manifest in manifests]
    return {
        "dagster/row_count": sum(c.accepted for c in counts),
        "records_read": sum(c.read for c in counts),
        "records_rejected": sum(c.rejected for c in counts),
        "records_deduplicated": sum(c.deduplicated for c in counts),
        "packages": len(manifests),
    }
