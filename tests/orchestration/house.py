"""A data folder, and a few words to put packages into it and look at the warehouse."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from connectors.families import TABLES
from connectors.landing import Counts, Landing, Manifest, Origin, PackageWriter
from connectors.landing.manifest import Facts
from orchestration.settings import Settings
from orchestration.warehouse import Load, Loader, connect

WHEN = datetime(2026, 3, 1, 12)  # noqa: DTZ001 - UTC by contract


@dataclass
class House:
    """A data folder, and a few words to put packages into it and look at the warehouse."""

    settings: Settings

    @property
    def landing(self) -> Landing:
        return Landing(self.settings.landing)

    def land(
        self,
        rows: list[dict[str, Any]],
        table: str = "reviews",
        *,
        source: str = "app",
        load_id: str | None = None,
        facts: Facts | None = None,
    ) -> Manifest:
        """Land rows of one table as one package."""
        contract = TABLES[table]
        own = {c.name: c.type.polars for c in contract.own}
        given = [name for name in own if any(name in row for row in rows)]
        extra = {"_deleted": pl.Boolean()} if any("_deleted" in row for row in rows) else {}
        schema = {name: own[name] for name in given} | extra
        origin = Origin(source=source, stream=table, connector="test", family=contract.family)
        with self.landing.writing(source, table) as folder:
            name = load_id or self.landing.next_load_id(source, table)
            with PackageWriter(folder, name, origin) as writer:
                writer.add(table, pl.DataFrame(rows, schema=schema))
                counts = Counts(read=len(rows), accepted=len(rows))
                return writer.commit(counts, **(facts or {}))

    def load(self) -> Load:
        with connect(self.settings.warehouse) as connection:
            return Loader(connection, self.landing).load()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with connect(self.settings.warehouse, read_only=True) as connection:
            return connection.execute(query).fetchall()


def review(number: int | str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - any column
    return {
        "review_id": str(number),
        "rating": 4.0,
        "scale_min": 1.0,
        "scale_max": 5.0,
        "reviewed_at": WHEN,
        "updated_at": WHEN,
        **fields,
    }
