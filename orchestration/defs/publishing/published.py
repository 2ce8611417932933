"""marts -> release -> published: the gate, the snapshot, the swap."""

from collections.abc import Iterator

import dagster as dg

from orchestration import settings as instance_settings
from orchestration import standing
from orchestration.assets import OWNERS, PUBLISHED, RELEASE
from orchestration.attempts import attempting
from orchestration.checks import release_gate
from orchestration.defs.models.dbt import marts
from orchestration.publishing import publish, snapshot
from orchestration.warehouse import WriterGate, connect


@dg.asset(
    key=RELEASE,
    deps=marts(),
    description="The public marts together, as they would be published.",
    group_name="publishing",
    owners=OWNERS,
    kinds={"duckdb"},
)
def release(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """Take stock of the release database."""
    settings = instance_settings.load()
    with (
        attempting(),
        WriterGate(settings.data, settings.lock_wait).hold("release"),
        connect(settings.release) as connection,
    ):
        connection.execute("checkpoint")
        rows = snapshot.tables(connection, settings.release.stem)
    context.log.info("%d tables", len(rows))
    return dg.MaterializeResult(
        metadata={"dagster/row_count": sum(rows.values()), "rows_by_table": rows}
    )


@dg.multi_asset_check(
    specs=[
        dg.AssetCheckSpec(name, asset=RELEASE, blocking=True, description=text)
        for name, text in release_gate.CHECKS.items()
    ],
)
def release_contract() -> Iterator[dg.AssetCheckResult]:
    """Judge the release; a refusal leaves the published version as it is."""
    settings = instance_settings.load()
    with attempting(), WriterGate(settings.data, settings.lock_wait).hold("release gate"):
        findings = release_gate.judge(settings)
    for finding in findings:
        yield dg.AssetCheckResult(
            asset_key=RELEASE,
            check_name=finding.name,
            passed=not finding.culprits,
            description="; ".join(finding.examples) or None,
            metadata={"culprits": finding.culprits, "examples": finding.examples},
        )


@dg.asset(
    key=PUBLISHED,
    deps=[RELEASE],
    description="What readers open: one read-only DuckDB file, Parquet beside it, swapped whole.",
    group_name="publishing",
    owners=OWNERS,
    kinds={"duckdb", "parquet"},
)
def published(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """Write the next version and let readers have it."""
    settings = instance_settings.load()
    with attempting(), WriterGate(settings.data, settings.lock_wait).hold("publish"):
        found = standing.standings(settings, context.instance)
        edition, rows = publish.publish(settings, context.run.run_id, found)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": sum(rows.values()),
            "version": edition,
            "path": dg.MetadataValue.path(str(settings.published / "earful.duckdb")),
        }
    )
