"""A published file with the columns that docs/tables.md says, and a small company in it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from orchestration.publishing.versions import FILE, Versions
from orchestration.settings import ROOT, Settings

Row = dict[str, Any]
NOW = datetime(2026, 8, 2, 19)  # noqa: DTZ001 - UTC by contract
DIMENSIONS = ("source", "touchpoint", "segment", "stage", "channel", "account_id")
PLACES = ("billing", "delivery", "app", "support")
HOSTILE = (
    "<script>document.title = 'owned'</script><img src=x onerror=\"document.title='owned'\">",
    "\u202eيمين إلى يسار\u202c </bdi></article><h1>broken</h1>",
    '=HYPERLINK("http://evil.example";"click") {{ 7 * 7 }} {% raw %} ${7*7}',
    "x" * 10_000,
    "a very long story " * 600,
    "<a href='javascript:alert(1)'>free tea</a> <svg/onload=alert(1)> &lt;b&gt; \x07",
)


def schema() -> dict[str, dict[str, str]]:
    """Columns and types by table, as documented; `make check` holds the document current."""
    found: dict[str, dict[str, str]] = {}
    for line in (ROOT / "docs/tables.md").read_text().splitlines():
        if line.startswith("## "):
            found[line[3:]] = {}
        elif column := re.match(r"\| `(\w+)` \| ([^|]+) \|", line):
            list(found.values())[-1][column[1]] = column[2].strip()
    return found


ABOUT = {
    "about": {
        "version": "varchar",
        "published_at": "timestamp",
        "run_id": "varchar",
        "code_version": "varchar",
        "model_fingerprint": "varchar",
        "gate": "varchar",
        "total_rows": "bigint",
        "loaded_until": "timestamp",
        "source_count": "bigint",
    },
    "about_sources": {
        "source": "varchar",
        "family": "varchar",
        "connector": "varchar",
        "loads": "bigint",
        "last_loaded_at": "timestamp",
        "age_hours": "double",
        "records_read": "bigint",
        "records_accepted": "bigint",
        "records_rejected": "bigint",
        "records_deduplicated": "bigint",
        "stale_after_hours": "double",
        "is_late": "boolean",
        "failed_streams": "varchar",
    },
    "about_rejects": {
        "source": "varchar",
        "table_name": "varchar",
        "reason": "varchar",
        "rows": "bigint",
        "last_rejected_at": "timestamp",
    },
}


@dataclass
class Published:
    """A published version, in the making."""

    settings: Settings
    folder: Path

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(self.folder / FILE, read_only=True) as db:
            return db.execute(query).fetchall()

    def add(self, table: str, rows: Iterable[Row]) -> None:
        frame = pl.DataFrame(list(rows), infer_schema_length=None)  # noqa: F841 - DuckDB finds it
        with duckdb.connect(self.folder / FILE) as db:
            db.execute(f"insert into {table} by name select * from frame")

    def execute(self, statement: str) -> None:
        with duckdb.connect(self.folder / FILE) as db:
            db.execute(statement)


def publish(
    data: Path, *, without: Iterable[str] = (), more: dict[str, dict[str, str]] | None = None
) -> Published:
    """An empty version that is current; `more` adds columns to tables."""
    settings = Settings(data=data, build=data / "build", lock_wait=0)
    versions = Versions(settings.published)
    folder = versions.begin()
    tables = {name: c for name, c in (schema() | ABOUT).items() if name not in set(without)}
    with duckdb.connect(folder / FILE) as db:
        for table, columns in tables.items():
            both = columns | (more or {}).get(table, {})
            db.execute(
                f"create table {table} ({', '.join(_column(table, *c) for c in both.items())})"
            )
    name = versions.finish(folder, settings.keep_versions)
    made = Published(settings, settings.published / "versions" / name)
    made.add("about", [about(name)])
    return made


def _column(table: str, name: str, kind: str) -> str:
    default = " default 'all'" if table == "metrics" and name in DIMENSIONS else ""
    return f'"{name}" {kind}{default}'


def about(version: str) -> Row:
    return {
        "version": version,
        "published_at": NOW + timedelta(hours=1),
        "run_id": "run",
        "code_version": "1.0 (abc)",
        "model_fingerprint": "0123",
        "gate": "passed",
        "total_rows": 12345,
        "loaded_until": NOW,
        "source_count": 2,
    }


def months(count: int, last: date = date(2026, 7, 1)) -> list[date]:
    """First days of so many months, the last one last."""
    at = last.year * 12 + last.month - 1
    return [date(m // 12, m % 12 + 1, 1) for m in range(at - count + 1, at + 1)]


def end_of(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def measure(metric: str, month: date, value: float, n: int = 40, **more: Any) -> Row:  # noqa: ANN401 - any column
    """A month of a metric, everything else total."""
    return {
        "metric": metric,
        "method_version": f"{metric} 1",
        "touchpoint": "all",
        "period_grain": "month",
        "period_start": month,
        "period_end": end_of(month),
        "n": n,
        "value": float(value),
        "interval_low": float(value) - 60 / math.sqrt(n),
        "interval_high": float(value) + 60 / math.sqrt(n),
        "interval_method": "Wilson",
        **more,
    }
