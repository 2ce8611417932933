"""A stream: typed records of one vendor endpoint, and how they fill a family's tables.

Declarations stand above, one reader below:

    class Answer(msgspec.Struct):
        id: str
        updated_at: datetime
        score: int | None = None

    answers = Stream(
        record=Answer,
        tables={"survey_responses": {"response_id": "id", "updated_at": "updated_at", ...}},
    )

Fields that no mapping uses, and fields that the record does not declare, go into `attributes`
of the first table, so nothing that the vendor sent is lost.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import msgspec
import polars as pl

Column = str | pl.Expr
"""Name of a record's field, or an expression over the record's fields."""

_DTYPES: dict[object, pl.DataType] = {
    str: pl.String(),
    int: pl.Int64(),
    float: pl.Float64(),
    bool: pl.Boolean(),
    datetime: pl.Datetime("us", "UTC"),
    # nested values stay JSON text: building them as nested frames is 5 to 8 times slower
    msgspec.Raw: pl.String(),
}


@dataclass(frozen=True)
class Page:
    """One page of a vendor's answer.

    Args:
        records: The records as the vendor sent them, JSON.
        cursor: Position after this page, as the next run wants it.
    """

    records: Sequence[bytes]
    cursor: str | None = None


@dataclass(frozen=True, eq=False)
class Stream:
    """Typed records, and the tables they fill.

    Args:
        record: The fields that matter; unknown ones are kept as attributes.
        tables: For each family table: contract column -> field or expression. A table whose
            expressions explode a list may have more or fewer rows than records.
    """

    record: type[msgspec.Struct]
    tables: Mapping[str, Mapping[str, Column]]

    @cached_property
    def fields(self) -> dict[str, pl.DataType]:
        """Fields of the record and their Polars types."""
        hints = typing.get_type_hints(self.record)
        return {
            field.name: _dtype(self.record, field.name, hints[field.name])
            for field in msgspec.structs.fields(self.record)
        }

    @cached_property
    def nested(self) -> set[str]:
        """Fields that hold JSON text."""
        hints = typing.get_type_hints(self.record)
        return {name for name in self.fields if msgspec.Raw in _members(hints[name])}

    @cached_property
    def unmapped(self) -> list[str]:
        """Declared fields that no table takes."""
        used = {
            name
            for columns in self.tables.values()
            for column in columns.values()
            for name in ([column] if isinstance(column, str) else column.meta.root_names())
        }
        return [name for name in self.fields if name not in used]

    def map(self, records: pl.DataFrame) -> dict[str, pl.DataFrame]:
        """Map decoded records onto the family's tables.

        Args:
            records: Columns as `fields`, times as naive UTC, and `_extra`: JSON text of the
                undeclared fields or null.
        """
        mapped = {}
        for position, (table, columns) in enumerate(self.tables.items()):
            exprs = [
                (pl.col(column) if isinstance(column, str) else column).alias(name)
                for name, column in columns.items()
            ]
            if position == 0:
                exprs.append(self._attributes())
            mapped[table] = records.select(exprs)
        return mapped

    def _attributes(self) -> pl.Expr:
        """One JSON object of everything without a column, or null."""
        members = [_member(name, nested=name in self.nested) for name in self.unmapped]
        inner = pl.concat_str(
            [*members, pl.col("_extra").str.slice(1).str.head(-1)], separator=",", ignore_nulls=True
        )
        return (pl.when(inner != "").then(pl.concat_str([pl.lit("{"), inner, pl.lit("}")]))).alias(
            "attributes"
        )


def _member(name: str, *, nested: bool) -> pl.Expr:
    """`"name":value` as JSON text, or null where there is no value."""
    if nested:
        key = pl.lit(msgspec.json.encode(name).decode() + ":")
        return pl.concat_str([key, pl.col(name)])
    encoded = pl.struct(name).struct.json_encode().str.slice(1).str.head(-1)
    return pl.when(pl.col(name).is_not_null()).then(encoded)


def _members(hint: object) -> tuple[object, ...]:
    is_union = typing.get_origin(hint) in (typing.Union, types.UnionType)
    return typing.get_args(hint) if is_union else (hint,)


def _dtype(record: type, name: str, hint: object) -> pl.DataType:
    kinds = [kind for kind in _members(hint) if kind is not type(None)]
    if len(kinds) != 1 or kinds[0] not in _DTYPES:
        known = ", ".join(getattr(kind, "__name__", str(kind)) for kind in _DTYPES)
        raise TypeError(
            f"{record.__name__}.{name}: declared as {hint}; a field is one of {known}, or None"
        )
    return _DTYPES[kinds[0]]
