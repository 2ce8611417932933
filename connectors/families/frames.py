"""The door to landing: a frame either has its contract's shape or is refused."""

from __future__ import annotations

from difflib import get_close_matches
from functools import partial

import polars as pl

from connectors.errors import FixConfiguration
from connectors.families.contract import E164, Table
from connectors.phones import e164


def conform(
    table: Table, frame: pl.LazyFrame, source: str, load_id: str, region: str | None = None
) -> pl.LazyFrame:
    """Give a mapped frame the landed shape of its table.

    Columns the mapping does not fill become null; nothing is cast, because a cast here could
    only hide a mapping's mistake.

    Args:
        table: The contract.
        frame: Some of the table's own columns, typed as the contract says.
        source: Instance that read the rows.
        load_id: Package that brings them.
        region: See `connectors.phones.e164`.

    Returns:
        A frame of exactly `table.schema`.

    Raises:
        FixConfiguration: A column is unknown, missing or of another type.
    """
    given = frame.collect_schema()
    where = f"{source}.{table.name}"
    for name, dtype in given.items():
        _check_column(table, where, name, dtype)
    for column in table.own:
        if column.required and column.name not in given:
            raise FixConfiguration(
                "MAP-REQUIRED",
                f"{where}.{column.name}",
                "the contract requires this column and the mapping does not fill it",
                "Map it from a column of the export, or give it a constant.",
            )
    fixed = {
        "source": pl.lit(source),
        "_load_id": pl.lit(load_id),
        "_deleted": pl.col("_deleted") if "_deleted" in given else pl.lit(value=False),
    }
    if table.phone is not None and given.get(table.phone.name, pl.Null) != pl.Null:
        fixed[E164.name] = pl.col(table.phone.name).map_batches(
            partial(e164, region=region), return_dtype=E164.type.polars, is_elementwise=True
        )
    return frame.select(
        fixed[name].alias(name)
        if name in fixed
        else (
            pl.col(name) if name in given and given[name] != pl.Null else pl.lit(None, dtype)
        ).alias(name)
        for name, dtype in table.schema.items()
    )


def _check_column(table: Table, where: str, name: str, dtype: pl.DataType) -> None:
    if name not in table.by_name:
        near = get_close_matches(name, table.by_name, n=3)
        hint = f"Did you mean {' or '.join(near)}?" if near else "See docs/add-a-source.md."
        raise FixConfiguration(
            "MAP-COLUMN",
            f"{where}.{name}",
            f"the contract of {table.name} has no such column",
            hint,
        )
    expected = table.by_name[name].type.polars
    if dtype not in (expected, pl.Null):
        raise FixConfiguration(
            "MAP-TYPE",
            f"{where}.{name}",
            f"mapped as {dtype}, the contract says {expected}",
            "Convert it in the mapping, so that a bad value is set aside and not lost.",
        )
