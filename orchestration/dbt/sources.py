"""The dbt source file, rendered from the family contracts.

connectors.families  ->  dbt_project/models/staging/_sources.yml

Run `python -m orchestration.dbt.sources` after a contract changed; a test compares the committed
file with what this module renders.
"""

from __future__ import annotations

from pathlib import Path

import yaml

from connectors.families import TABLES, Column, Table

HEADER = "# Rendered from connectors/families: python -m orchestration.dbt.sources\n"
PATH = Path(__file__).parents[2] / "dbt_project" / "models" / "staging" / "_sources.yml"

LOADED_AT = {
    "name": "_loaded_at",
    "description": "When the loader committed the row; later for every load.",
    "data_type": "TIMESTAMP",
    "config": {"meta": {"privacy": "public"}},
}


def render() -> str:
    """The YAML text of the dbt source `raw`, one table per family table."""
    source = {
        "name": "raw",
        "database": "{{ target.database }}",
        "schema": "raw",
        "description": (
            "What the loader appended, every version of every record; read by staging only."
        ),
        "tables": [_table(table) for table in TABLES.values()],
    }
    document = {"version": 2, "sources": [source]}
    return HEADER + yaml.safe_dump(document, sort_keys=False, width=100, allow_unicode=True)


def _table(table: Table) -> dict[str, object]:
    meta = {
        # the loader's asset has this key, so lineage joins by itself
        "dagster": {"asset_key": ["raw", table.name]},
        "family": table.family,
        "key": list(table.identity),
        "cursor": table.cursor,
    }
    return {
        "name": table.name,
        "description": f"One row per version of a {table.grain}.",
        "config": {"meta": meta},
        "columns": [*(_column(column) for column in table.columns), LOADED_AT],
    }


def _column(column: Column) -> dict[str, object]:
    return {
        "name": column.name,
        "description": column.doc,
        "data_type": column.type.duckdb,
        "config": {"meta": {"privacy": column.privacy.value}},
    }


if __name__ == "__main__":
    PATH.write_text(render(), encoding="utf-8")
