"""Asset keys and metadata that several definitions share."""

from __future__ import annotations

import dagster as dg

from connectors.families import Column, Table

RELEASE = dg.AssetKey("release")
PUBLISHED = dg.AssetKey("published")
REPORT = dg.AssetKey("report")
MATCHES = dg.AssetKey(["matching", "links"])
OWNERS = ["team:data"]


def landing_key(source: str, stream: str) -> dg.AssetKey:
    """Key of a stream's load packages."""
    return dg.AssetKey(["landing", source, stream])


def landing_op(source: str) -> str:
    """Name of the step that lands a source's streams."""
    return f"read_{source}"


def raw_key(table: str) -> dg.AssetKey:
    """Key of a raw table; equal to the dbt source's key, so that lineage joins by itself."""
    return dg.AssetKey(["raw", table])


def column_schema(*tables: Table) -> dg.TableSchema:
    """Columns of one or several family tables, as Dagster shows them."""
    prefix = len(tables) > 1
    return dg.TableSchema(
        columns=[
            _column(column, f"{table.name}.{column.name}" if prefix else column.name)
            for table in tables
            for column in table.columns
        ]
    )


def _column(column: Column, name: str) -> dg.TableColumn:
    return dg.TableColumn(
        name=name,
        type=column.type.value,
        description=column.doc,
        constraints=dg.TableColumnConstraints(nullable=not column.required),
        tags={"privacy": column.privacy.value},
    )
