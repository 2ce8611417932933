"""raw -> staging, intermediate and marts: the dbt project, every test an asset check."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from importlib.metadata import version
from typing import Any

import dagster as dg
from dagster_dbt import (
    DagsterDbtTranslator,
    DbtCliInvocation,
    DbtCliResource,
    DbtProject,
    dbt_assets,
)
from packaging.version import Version

from connectors.errors import FixEnvironment, GateRefused
from orchestration import calendars
from orchestration import settings as instance_settings
from orchestration.assets import OWNERS
from orchestration.attempts import attempting
from orchestration.dbt import findings as dbt_findings
from orchestration.dbt import manifest as dbt_manifest
from orchestration.dbt import runs as dbt_runs
from orchestration.settings import Settings
from orchestration.warehouse import WriterGate, connect
from orchestration.warehouse.counts import count_rows
from orchestration.warehouse.sql import literal


class Translator(DagsterDbtTranslator):
    """Names dbt's nodes as assets: layer first, then the model."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """`marts/metrics`, `staging/stg_cases`, `seeds/question_map`; sources keep `raw/…`."""
        if dbt_resource_props["resource_type"] == "source":
            return super().get_asset_key(dbt_resource_props)
        layer = (
            "seeds" if dbt_resource_props["resource_type"] == "seed" else _layer(dbt_resource_props)
        )
        return dg.AssetKey([layer, dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """The layer: families end where voices are joined."""
        return self.get_asset_key(dbt_resource_props).path[0]

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:  # noqa: ARG002 - signature of the base
        """The data team owns every model."""
        return OWNERS


class Dbt(DbtCliResource):
    """dbt without the two things that the resource does before each call, five seconds in all.

    It asks `dbt --version` which dbt is installed, and loads dbt into this process to have a
    connection for row counts. The first is known, the second is done in `_completed`.
    """

    @cached_property
    def _cli_version(self) -> Version:
        return Version(version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> None:  # type: ignore[override]
        del args


def _layer(props: Mapping[str, Any]) -> str:
    return str(props["fqn"][1])


_SETTINGS = instance_settings.load()
_PROJECT = DbtProject(dbt_manifest.PROJECT, target_path=_SETTINGS.data / "dbt")


_BUILD = ["build", "--exclude-resource-type", "unit_test"]


@dbt_assets(
    manifest=dbt_manifest.ensure(_SETTINGS),
    project=_PROJECT,
    dagster_dbt_translator=Translator(),
)
def models(context: dg.AssetExecutionContext) -> Iterator[Any]:
    """Build seeds, models and tests; refuse while raw holds rows that no gate has passed.

    Unit tests are left out: they judge the code, not the data, and run in the test suite.
    """
    settings = instance_settings.load()
    # the profile reads them; dbt runs in a process of its own
    os.environ.update(settings.dbt_environment)
    gate = WriterGate(settings.data, settings.lock_wait)
    with attempting(), gate.hold("models"):
        for name in dbt_runs.make_ready(settings):
            context.log.info("%s was made by other code and is made whole again", name)
        with connect(settings.warehouse) as connection:
            calendars.refresh(connection, settings.seeds)
        dbt = Dbt(
            project_dir=str(dbt_manifest.PROJECT),
            profiles_dir=str(dbt_manifest.PROJECT),
            dbt_executable=dbt_manifest.dbt_executable(),
        )
        yield from _completed(settings, dbt.cli(_BUILD, context=context))


def _completed(settings: Settings, invocation: DbtCliInvocation) -> Iterator[Any]:
    """Pass dbt's events on, with row counts on the tables it built, and culprits on failed tests.

    They are held back until dbt has ended, because until then its process owns the files. What
    was built before a failure is still reported.
    """
    held: list[Any] = []
    failure: BaseException | None = None
    try:
        held.extend(invocation.stream())
    except Exception as error:  # noqa: BLE001 - raised again below, after the events
        failure = error
    results = _results(invocation)
    rows, findings = _row_counts(settings), dbt_findings.told(settings, results)
    for event in held:
        if isinstance(event, dg.Output) and (count := rows.get(_relation(event))) is not None:
            yield event.with_metadata({**event.metadata, "dagster/row_count": count})
        elif isinstance(event, dg.AssetCheckResult) and event.check_name in findings:
            yield event._replace(description=findings[event.check_name])
        else:
            yield event
    if failure is not None and dbt_findings.only_tests_failed(results):
        raise GateRefused(
            "DBT-TESTS",
            "models",
            "tests of the models failed",
            "The failed checks of this step say what they found.",
        ) from failure
    if failure is not None and (too_large := dbt_findings.out_of_memory(results)):
        raise FixEnvironment(
            "MODELS-MEMORY",
            f"{too_large[0]} and {len(too_large) - 1} more" if too_large[1:] else too_large[0],
            "DuckDB had too little memory",
            "Raise EARFUL_MODEL_MEMORY where it is set, or set EARFUL_MODEL_THREADS=1.",
        ) from failure
    if failure is not None:
        raise failure


def _results(invocation: DbtCliInvocation) -> list[dict[str, Any]]:
    """What dbt says of each node; nothing where it failed before it came to any."""
    written = invocation.target_path / "run_results.json"
    return json.loads(written.read_text())["results"] if written.exists() else []


def _relation(event: dg.Output[Any]) -> str:
    return event.output_name.rpartition("__")[2]


def _row_counts(settings: Settings) -> dict[str, int]:
    with connect(settings.warehouse, read_only=True) as connection:
        connection.execute(f"attach {literal(str(settings.release))} as release (read_only)")
        return count_rows(connection, "schema_name not in ('raw', 'feeds')")


def marts() -> list[dg.AssetKey]:
    """Keys of the public marts."""
    return sorted(key for key in models.keys if key.path[0] == "marts")
