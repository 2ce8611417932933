"""A stream: typed records of one vendor endpoint, and how they fill a family's tables.

Declarations stand above, one reader below:

    class Answer(msgspec.Struct):
        id: str
        updated_at: datetime
        score: int | None = None

    ANSWERS = Stream(
        record=Answer,
        tables={"survey_responses": {"response_id": "id", "updated_at": "updated_at", ...}},
    )

Fields that no mapping uses, and fields that the record does not declare, go into `attributes`
of the first table, so nothing that the vendor sent is lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec
import polars as pl

from connectors.privacy import keyed_hash
from connectors.records import EXTRA, KEPT, PARENT, Leaf, Shape, shape


@dataclass(frozen=True)
class Hashed:
    """A field that names an employee: it becomes a keyed hash before anything is written."""

    field: str


Column = str | pl.Expr | Hashed
"""Name of a record's field, an expression over the record's fields, or a field to be hashed."""


@dataclass(frozen=True)
class Rows:
    """A table of which a record fills no row, one, or several.

    Args:
        columns: Contract column -> field or expression.
        each: Field of parts, each of which is a row; columns may name its fields
            (`child_events.body`) and the record's own.
        over: A list in each record or part, each item of which is a row; columns name it `item`.
        where: Which records, parts or items are rows of this table.
        distinct: Whether several records say the same row.
    """

    columns: Mapping[str, Column]
    each: str | None = None
    over: pl.Expr | None = None
    where: pl.Expr | None = None
    distinct: bool = False


@dataclass(frozen=True)
class Page:
    """One page of a vendor's answer.

    Args:
        records: The records as the vendor sent them, JSON.
        cursor: Position after this page, as the next run wants it.
        repeated: Further records that the vendor sent once more, unchanged.
    """

    records: Sequence[bytes]
    cursor: str | None = None
    repeated: int = 0


@dataclass(frozen=True, eq=False)
class Stream:
    """Typed records, and the tables they fill.

    Args:
        record: The fields that matter; unknown ones are kept as attributes.
        tables: For each family table its columns, or its `Rows`, of one kind or several.
        left_out: Fields that are no attributes: they say again what another field says, or name
            an employee.
        as_text: Whether the vendor writes numbers and times as text.
    """

    record: type[msgspec.Struct]
    tables: Mapping[str, Mapping[str, Column] | Rows | Sequence[Rows]]
    left_out: frozenset[str] = frozenset()
    as_text: bool = False

    @cached_property
    def shape(self) -> Shape:
        """The record's fields. Raises `TypeError` on a type that cannot become a column."""
        return shape(self.record)

    @cached_property
    def rows(self) -> list[tuple[str, Rows]]:
        """All `Rows`, each with its table."""
        found: list[tuple[str, Rows]] = []
        for table, given in self.tables.items():
            if isinstance(given, Mapping):
                found.append((table, Rows(given)))
            else:
                found += [(table, rows) for rows in ([given] if isinstance(given, Rows) else given)]
        return found

    @cached_property
    def whole(self) -> frozenset[str]:
        """Tables in which every record is a row, and one alone."""
        return frozenset(t for t, given in self.tables.items() if isinstance(given, Mapping))

    @cached_property
    def hashes(self) -> bool:
        """Whether the stream speaks of employees, who are hashed."""
        return any(
            isinstance(column, Hashed) for _, rows in self.rows for column in rows.columns.values()
        )

    @cached_property
    def kept(self) -> frozenset[str]:
        """Fields of JSON text that go into the attributes, as they are."""
        shapes = [self.shape, *(part for _, part in self.shape.all_parts() if part is not None)]
        texts = {leaf.name for shape in shapes for leaf in shape.all_leaves() if leaf.is_json}
        return frozenset(texts - self._used - self.left_out)

    @cached_property
    def skipped(self) -> frozenset[str]:
        """Fields that go nowhere."""
        return self.left_out - self._used

    @cached_property
    def _used(self) -> frozenset[str]:
        return frozenset(
            name
            for _, rows in self.rows
            for column in [*rows.columns.values(), rows.over, rows.where]
            if column is not None
            for name in _names(column)
        )

    def map(
        self,
        records: pl.DataFrame,
        parts: Mapping[str, pl.DataFrame] | None = None,
        key: bytes = b"",
    ) -> dict[str, pl.DataFrame]:
        """Map decoded records onto the family's tables.

        Args:
            records: Columns as a `Framer` makes them.
            parts: Frames of the record's parts, by field.
            key: What respondents are hashed with.
        """
        if self.hashes and not key:
            raise ValueError("this stream hashes employees: it needs a key")
        found: dict[str, list[pl.DataFrame]] = {}
        for position, (table, rows) in enumerate(self.rows):
            mapped = self._map(rows, records, parts or {}, key, first=position == 0)
            found.setdefault(table, []).append(mapped)
        # kinds of rows fill different columns: the contract's door adds the missing ones
        return {table: _together(these) for table, these in found.items()}

    def _map(
        self,
        rows: Rows,
        records: pl.DataFrame,
        parts: Mapping[str, pl.DataFrame],
        key: bytes,
        *,
        first: bool,
    ) -> pl.DataFrame:
        frame = records
        if rows.each is not None:
            part = parts[rows.each]
            frame = pl.concat([part, records[part[PARENT]]], how="horizontal")
        if rows.over is not None:
            items = frame.with_columns(rows.over.alias("item"))
            frame = items.explode("item").filter(pl.col("item").is_not_null())
        if rows.where is not None:
            frame = frame.filter(rows.where)
        columns = {name: _expression(column) for name, column in rows.columns.items()}
        attributes = self._attributes(frame, rows.each, first=first)
        if attributes is not None:
            columns["attributes"] = attributes
        mapped = frame.select(**columns)
        hashed = [name for name, column in rows.columns.items() if isinstance(column, Hashed)]
        mapped = mapped.with_columns(
            keyed_hash(mapped[name].cast(pl.String), key).alias(name) for name in hashed
        )
        return mapped.unique(maintain_order=True) if rows.distinct else mapped

    def _attributes(self, frame: pl.DataFrame, each: str | None, *, first: bool) -> pl.Expr | None:
        """One JSON object of everything without a column of its own."""
        part = dict(self.shape.all_parts()).get(each) if each is not None else None
        shapes = ([self.shape] if first else []) + ([part] if part is not None else [])
        if not shapes:
            return None
        leaves = [leaf for shape in shapes for leaf in shape.all_leaves()]
        elsewhere = self._used | self.left_out | self.kept
        members = [_member(leaf) for leaf in leaves if leaf.name not in elsewhere]
        # what nobody declared may name an employee
        names = [KEPT] if self.hashes else [KEPT, EXTRA]
        objects = [shape.prefix + name for shape in shapes for name in names]
        told = [name for name in objects if frame[name].null_count() < frame.height]
        return _object(members, told or objects[:1])


def _together(kinds: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Rows of several kinds in one frame; those that do not say `_deleted` are not."""
    frame = pl.concat(kinds, how="diagonal")
    if "_deleted" in frame.columns:
        frame = frame.with_columns(pl.col("_deleted").fill_null(value=False))
    return frame


def _object(members: Sequence[pl.Expr], objects: Sequence[str]) -> pl.Expr:
    """One JSON object of members and of those in other objects; null where it would be empty."""
    if not members and len(objects) == 1:
        return pl.col(objects[0])
    bare = [pl.col(name).str.slice(1).str.head(-1) for name in objects]
    inner = pl.concat_str([*members, *bare], separator=",", ignore_nulls=True)
    return pl.when(inner != "").then(pl.concat_str([pl.lit("{"), inner, pl.lit("}")]))


def _member(leaf: Leaf) -> pl.Expr:
    """`"name":value` as JSON text, or null where there is no value."""
    alone = pl.struct(pl.col(leaf.name).alias(leaf.path))
    encoded = alone.struct.json_encode().str.slice(1).str.head(-1)
    return pl.when(pl.col(leaf.name).is_not_null()).then(encoded)


def _expression(column: Column) -> pl.Expr:
    if isinstance(column, Hashed):
        return pl.col(column.field)
    return pl.col(column) if isinstance(column, str) else column


def _names(column: Column) -> Iterator[str]:
    yield from _expression(column).meta.root_names()
