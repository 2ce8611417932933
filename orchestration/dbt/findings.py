"""What dbt's failed tests found, told row by row where a test says what is wrong and what to do.

A test that judges what users write (seeds) gives each row that it returns a `culprit` and a
`remedy`: these are the user's own settings. The rows of other tests may hold anybody's words; they
are counted, and never shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from orchestration.settings import Settings
from orchestration.warehouse import Connection, connect
from orchestration.warehouse.sql import literal

_SHOWN = 3
_ERRORS = {"error", "runtime error"}


def told(settings: Settings, results: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """A sentence for each failed test that names its culprits.

    Args:
        settings: Of the instance.
        results: As in dbt's run_results.json.

    Returns:
        Sentence by the name of the test.
    """
    failed = [r for r in results if r["status"] in ("fail", "warn") and _names_culprits(r)]
    if not failed:
        return {}
    with connect(settings.warehouse, read_only=True) as connection:
        connection.execute(f"attach {literal(str(settings.release))} as release (read_only)")
        return {
            r["unique_id"].split(".")[2]: _sentence(connection, r["compiled_code"]) for r in failed
        }


def only_tests_failed(results: Sequence[Mapping[str, Any]]) -> bool:
    """Whether dbt did all its work, and failed of what its tests found."""
    statuses = {result["status"] for result in results}
    return "fail" in statuses and not statuses & _ERRORS


def out_of_memory(results: Sequence[Mapping[str, Any]]) -> list[str]:
    """Models and seeds for which DuckDB had too little memory."""
    return [
        result["unique_id"].split(".")[2]
        for result in results
        if result["status"] in _ERRORS and "Out of Memory Error" in (result["message"] or "")
    ]


def _names_culprits(result: Mapping[str, Any]) -> bool:
    query = result["compiled_code"] or ""
    return "culprit" in query and "remedy" in query


def _sentence(connection: Connection, query: str) -> str:
    rows = connection.execute(f"select culprit, remedy from ({query}) order by 1, 2").fetchall()
    shown = [f"{culprit}: {remedy}" for culprit, remedy in rows[:_SHOWN]]
    more = [f"and {len(rows) - _SHOWN} more"] if len(rows) > _SHOWN else []
    return "; ".join(shown + more)
