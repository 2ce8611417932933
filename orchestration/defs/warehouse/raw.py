"""Load packages -> raw tables, and the gate that judges what is new in them."""

from collections.abc import Iterator

import dagster as dg

from connectors.families import TABLES, Table
from connectors.landing import Landing
from orchestration import settings as instance_settings
from orchestration.assets import OWNERS, column_schema, raw_key
from orchestration.attempts import attempting
from orchestration.checks import raw_gate
from orchestration.erasure.landed import keep_out
from orchestration.publishing.currency import is_current
from orchestration.settings import Settings
from orchestration.warehouse import Load, Loader, WriterGate, connect, erasures


def _spec(table: Table) -> dg.AssetSpec:
    return dg.AssetSpec(
        key=raw_key(table.name),
        description=f"One row per version of each {table.grain}, as landed; append-only.",
        group_name=table.family,
        owners=OWNERS,
        kinds={"duckdb"},
        metadata={"dagster/column_schema": column_schema(table)},
        skippable=True,
    )


def _check(table: Table) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        "contract",
        asset=raw_key(table.name),
        blocking=True,
        description="New rows keep the family contract; culprits are set aside with the reason.",
    )


@dg.multi_asset(specs=[_spec(table) for table in TABLES.values()])
def raw(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
    """Load every pending package in one transaction.

    Yields nothing where nothing is new and the published version is current: then every step
    after this one is skipped.
    """
    settings = instance_settings.load()
    with attempting():
        load, kept_out = _load(settings)
    if kept_out:
        context.log.info("%d rows of erased people were kept out", kept_out)
    context.log.info("loaded %d packages, %d rows", len(load.packages), load.rows.total())
    if not load.packages and is_current(settings):
        context.log.info("nothing new, and the published version is current")
        return
    for table in TABLES.values():
        yield dg.MaterializeResult(
            asset_key=raw_key(table.name),
            metadata={
                "dagster/partition_row_count": load.rows[table.name],
                "rows_repeated": load.repeated[table.name],
                "packages": len(load.packages),
            },
        )


@dg.multi_asset_check(specs=[_check(table) for table in TABLES.values()])
def raw_contract(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
    """Judge the rows that no gate has seen."""
    settings = instance_settings.load()
    with attempting():
        verdicts = _judge(settings)
    for verdict in verdicts:
        if verdict.culprits:
            context.log.warning("raw.%s: %s", verdict.table, verdict.culprits)
        yield dg.AssetCheckResult(
            asset_key=raw_key(verdict.table),
            check_name="contract",
            passed=verdict.passed,
            description=None if verdict.passed else verdict.sentence(settings.max_rejected),
            metadata={
                "rows": verdict.rows,
                "rejected": verdict.rejected,
                "repeated": verdict.repeated,
                "moved": verdict.moved,
                "culprits": verdict.culprits,
                "where": verdict.query,
            },
        )


def _load(settings: Settings) -> tuple[Load, int]:
    """What was loaded, and how many rows of erased people were kept out."""
    gate = WriterGate(settings.data, settings.lock_wait)
    with gate.hold("load"):
        # after an erasure that was cut off
        erasures.compact(settings.warehouse)
        return _loaded(settings)


def _loaded(settings: Settings) -> tuple[Load, int]:
    with connect(settings.warehouse) as connection:
        loader = Loader(connection, Landing(settings.landing))
        kept_out = keep_out(settings, connection, loader)
        load = loader.load()
        if settings.matching is None:
            # of a pass that was switched off since
            connection.execute("delete from matching.links")
        return load, kept_out.rows.total()


def _judge(settings: Settings) -> list[raw_gate.Verdict]:
    with WriterGate(settings.data, settings.lock_wait).hold("raw gate"):
        return raw_gate.judge(settings)
