"""Runs rules as Great Expectations suites, pushed down to DuckDB as SQL.

Imported only inside a check: Great Expectations takes seconds to import.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import duckdb_engine
import great_expectations as gx
import great_expectations.expectations as gxe
from great_expectations.core import ExpectationValidationResult
from great_expectations.data_context.data_context.ephemeral_data_context import (
    EphemeralDataContext,
)
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.datasource.fluent.sql_datasource import SQLDatasource
from great_expectations.expectations.core.unexpected_rows_expectation import (
    UnexpectedRowsExpectation,
)

from connectors.errors import FixEnvironment
from orchestration.checks import data_docs
from orchestration.checks.rules import Rule
from orchestration.warehouse import connect


class _CursorPerQuery(duckdb_engine.ConnectionWrapper):
    """A connection whose cursors are connections of their own.

    duckdb-engine shares one connection among all cursors, and Great Expectations keeps several
    open at once: one's result replaces the other's.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        super().__init__(connection)
        self._connection = connection

    def cursor(self) -> Any:  # noqa: ANN401 - duckdb-engine is untyped
        return duckdb_engine.CursorWrapper(self._connection.cursor(), self)


class UnexpectedRowCount(UnexpectedRowsExpectation):
    """Runs its query once: Great Expectations' own runs it again for rows to show.

    Nobody is shown any, and one of the queries searches every text of a release.
    """

    metric_dependencies = ("unexpected_rows_query.row_count",)

    def _validate(
        self,
        metrics: dict[str, Any],
        *given: Any,  # noqa: ANN401 - passed on
        **named: Any,  # noqa: ANN401 - passed on
    ) -> ExpectationValidationResult | dict[str, Any]:
        return super()._validate({"unexpected_rows_query.table": None, **metrics}, *given, **named)


_INSTEAD = {UnexpectedRowsExpectation.__name__: UnexpectedRowCount}


@dataclass(frozen=True)
class Suite:
    """Rules about the rows of one query."""

    name: str
    query: str
    rules: list[Rule]


def validate(path: Path, docs: Path, suites: list[Suite]) -> dict[str, dict[str, int]]:
    """Count the culprits of every rule, and write Data Docs of the results.

    Args:
        path: DuckDB file, opened read-only.
        docs: Folder that the Data Docs of this validation replace.
        suites: What to validate.

    Returns:
        Culprits by suite name and rule name; every rule of every suite is in it.

    Raises:
        FixEnvironment: An expectation could not be evaluated. That says nothing about the
            data, so it is neither a pass nor a failure.
    """
    # those of an earlier validation say nothing about this one, however it ends
    shutil.rmtree(docs, ignore_errors=True)
    with connect(path, read_only=True) as connection:
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        # it would write its settings out as YAML at each change of them, into its own memory
        context.variables.save = lambda: None  # type: ignore[method-assign]
        source = context.data_sources.add_sql(
            path.stem,
            connection_string=f"duckdb:///{path}",
            # passed on to SQLAlchemy; the type stub does not know it
            kwargs={"creator": lambda: _CursorPerQuery(connection)},  # type: ignore[call-arg]
        )
        definitions = [_definition(context, source, suite) for suite in suites]
        checkpoint = gx.Checkpoint(
            name=docs.name,
            validation_definitions=definitions,
            result_format={"result_format": "BASIC"},
        )
        results = context.checkpoints.add(checkpoint).run().run_results.values()
        data_docs.write(context, docs)
    counted = {
        suite.name: {_rule(r): _culprits(suite, r) for r in result.results}
        for suite, result in zip(suites, results, strict=True)
    }
    for suite in suites:
        if counted[suite.name].keys() != {rule.name for rule in suite.rules}:
            raise _errored(suite.name, "an expectation gave no result")
    return counted


def _definition(
    context: EphemeralDataContext, source: SQLDatasource, suite: Suite
) -> gx.ValidationDefinition:
    """A suite as Great Expectations knows it: its rules about its query."""
    expectations = context.suites.add(gx.ExpectationSuite(name=suite.name))
    for rule in suite.rules:
        expectation = _INSTEAD.get(rule.expectation) or getattr(gxe, rule.expectation)
        expectations.add_expectation(
            expectation(**rule.arguments, meta={"rule": rule.name}, notes=rule.reason)
        )
    batch = source.add_query_asset(suite.name, query=suite.query)
    return context.validation_definitions.add(
        gx.ValidationDefinition(
            name=suite.name, data=batch.add_batch_definition_whole_table("rows"), suite=expectations
        )
    )


def _rule(result: ExpectationValidationResult) -> str:
    meta = result.expectation_config.meta if result.expectation_config else None
    return str((meta or {}).get("rule"))


def _culprits(suite: Suite, result: ExpectationValidationResult) -> int:
    """Rows that break the expectation; raises where it could not be evaluated."""
    name = f"{suite.name}, {_rule(result)}"
    if _raised(result.exception_info):
        raise _errored(name, "the expectation raised instead of answering")
    if result.success:
        return 0
    found = result.result.get("unexpected_count", result.result.get("observed_value"))
    if not isinstance(found, int) or found <= 0:
        raise _errored(name, "the expectation failed without saying for how many rows")
    return found


def _raised(info: dict[str, Any]) -> bool:
    """Whether an exception lies in Great Expectations' report, flat or by metric."""
    if "raised_exception" in info:
        return bool(info["raised_exception"])
    return any(_raised(entry) for entry in info.values() if isinstance(entry, dict))


def _errored(where: str, what: str) -> FixEnvironment:
    return FixEnvironment(
        "GATE-ERRORED",
        where,
        what,
        "The data was not judged; the gate must be mended first. The run's log has the cause.",
    )
