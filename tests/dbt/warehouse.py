"""A small warehouse for the tests of the dbt project: raw tables, rows, and dbt run on them."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from dbt_process import dbt_process  # the folder is on the path: conftest.py

from connectors.families import TABLES
from orchestration import calendars
from orchestration.warehouse.schema import MATCHES

PROJECT = Path(__file__).parents[2] / "dbt_project"
SEEDS = Path(__file__).parent / "seeds"
# dbt parses the whole project anew where the path of a warehouse or of its seeds is another one:
# those of one process take turns at one place
_PLACE = tempfile.TemporaryDirectory(prefix="earful-dbt-")
START = datetime(2026, 11, 1)  # noqa: DTZ001  # times in the warehouse are naive UTC

Rows = dict[str, list[dict[str, Any]]]


@dataclass
class Warehouse:
    """A folder with warehouse.duckdb and release.duckdb."""

    folder: Path
    loads: int = field(default=0)

    def __post_init__(self) -> None:
        """Create every raw table, empty, as the loader does."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.open() as db:
            db.execute("create schema if not exists raw")
            db.execute(MATCHES)
            db.execute(
                "create table raw._loads (load_id varchar, source varchar, _loaded_at timestamp)"
            )
            for table in TABLES.values():
                columns = [f'"{c.name}" {c.type.duckdb}' for c in table.columns]
                db.execute(
                    f'create table raw."{table.name}" '
                    f"({', '.join(columns)}, _loaded_at timestamp not null)"
                )

    def open(self) -> duckdb.DuckDBPyConnection:
        """A connection to the warehouse, the release attached if there is one."""
        db = duckdb.connect(str(self.folder / "warehouse.duckdb"))
        if self.release.exists():
            db.execute(f"attach '{self.release}' as release")
        return db

    @property
    def release(self) -> Path:
        """The file of the public marts."""
        return self.folder / "release.duckdb"

    def load(self, rows: Rows, at: datetime | None = None) -> None:
        """Append rows as one load transaction."""
        self.loads += 1
        loaded_at = at or START + timedelta(hours=self.loads)
        load_id = f"{loaded_at:%Y%m%dT%H%M%S}.000000Z-{self.loads:06d}"
        with self.open() as db:
            for name, records in rows.items():
                self._append(db, name, records, (load_id, loaded_at))

    def _append(
        self,
        db: duckdb.DuckDBPyConnection,
        name: str,
        records: list[dict[str, Any]],
        load: tuple[str, datetime],
    ) -> None:
        if not records:
            return
        defaults = {"source": "demo", "_deleted": False, "_load_id": load[0]}
        types = {c.name: c.type.polars for c in TABLES[name].columns}
        unknown = {key for record in records for key in record} - {*types, "_loaded_at"}
        assert not unknown, f"{name} has no {unknown}"
        values = [{**defaults, **record, "_loaded_at": load[1]} for record in records]
        # given one by one, each row takes DuckDB more than a millisecond
        rows = pl.DataFrame(values, {**types, "_loaded_at": pl.Datetime("us")})  # noqa: F841
        db.execute(f'insert into raw."{name}" by name from rows')

    def dbt(
        self,
        *arguments: str,
        seeds: Path | None = None,
        check: bool = True,
        artifacts: bool = False,
    ) -> str:
        """Run dbt on this warehouse and return what it printed.

        Args:
            arguments: Of dbt.
            seeds: A folder of seeds instead of those of the project.
            check: Whether its failure is one of the test.
            artifacts: Whether the test reads the JSON files that dbt writes on demand.
        """
        place = Path(_PLACE.name)
        shutil.rmtree(place / "seeds", ignore_errors=True)
        shutil.copytree(seeds or PROJECT / "seeds", place / "seeds")
        environment = {
            "EARFUL_WAREHOUSE": str(place / "warehouse.duckdb"),
            "EARFUL_RELEASE": str(place / "release.duckdb"),
            "EARFUL_SEED_PATH": os.path.relpath(place / "seeds", PROJECT),
            # another thread for a few rows costs more than it does
            "EARFUL_DUCKDB_CONFIG": '{"threads": 1}',
            "DBT_PROFILES_DIR": str(PROJECT),
            "DBT_TARGET_PATH": str(place / "target"),
            "DBT_LOG_LEVEL_FILE": "none",
            "DBT_LOG_PATH": str(place / "logs"),
            "DBT_WRITE_JSON": str(artifacts),
        }
        with self.open() as db:
            calendars.refresh(db, seeds or PROJECT / "seeds")
        with self._moved_to(place):
            succeeded, said = dbt_process().run(list(arguments), environment)
        assert succeeded or not check, said[-8000:]
        return said

    @contextmanager
    def _moved_to(self, place: Path) -> Iterator[None]:
        """Have the files elsewhere for a while; the artifacts of dbt come back with them."""
        files = ("warehouse.duckdb", "release.duckdb")
        for name in files:
            if (self.folder / name).exists():
                shutil.move(self.folder / name, place / name)
        try:
            yield
        finally:
            for name in files:
                if (place / name).exists():
                    shutil.move(place / name, self.folder / name)
            for artifact in (place / "target").glob("*.json"):
                (self.folder / "target").mkdir(exist_ok=True)
                shutil.move(artifact, self.folder / "target" / artifact.name)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a query returns."""
        with self.open() as db:
            return db.execute(query).fetchall()

    def manifest(self) -> dict[str, Any]:
        """The manifest of the last dbt run."""
        return json.loads((self.folder / "target" / "manifest.json").read_text())
