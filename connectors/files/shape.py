"""From judged rows to the rows of one contract table: as they are, wide to long, or distinct."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from connectors.errors import FixInput
from connectors.families import Table
from connectors.files.header import ROW

_CELL = "_cell"


@dataclass(frozen=True)
class Cell:
    """One answer column of a row: its typed value, and the question that it answers."""

    alias: str
    kind: str
    question_id: str
    item_id: str


@dataclass(frozen=True)
class Output:
    """One mapping of one table.

    Args:
        table: The contract that is filled.
        columns: Contract column -> typed column of the judged rows.
        keep: Condition for a row to land here, if there is one.
        one_per_key: How several rows of the file become one; None if they may not.
        cells: Answer columns, for tables of answers that stand side by side.
        items: Rows that hold for every distinct row of `columns` (the survey's questions).
        attributes: Expression of the leftover columns, for the table that takes them.
    """

    table: Table
    columns: dict[str, str]
    keep: pl.Expr | None = None
    one_per_key: str | None = None
    cells: tuple[Cell, ...] = ()
    items: pl.DataFrame | None = None
    attributes: pl.Expr | None = field(default=None, compare=False)

    @property
    def row_key(self) -> tuple[str, ...]:
        """Typed columns by which two rows of the file would be one record of this table."""
        if self.one_per_key or self.items is not None:
            return ()
        # two columns of the key may come from one of the file
        key = (self.columns[name] for name in self.table.key if name in self.columns)
        return tuple(dict.fromkeys(key))

    @property
    def schema(self) -> pl.Schema:
        """Shape of what `rows` returns."""
        names = dict.fromkeys([*self.columns])
        if self.attributes is not None:
            names["attributes"] = None
        for name in self._from_header():
            names[name] = None
        typed = {name: self.table.schema[name] for name in names}
        return pl.Schema({ROW: pl.Int64(), **typed})

    def rows(self, judged: pl.DataFrame) -> pl.DataFrame:
        """Rows of the table out of accepted rows of the file; `_row` stays for order."""
        if self.keep is not None:
            judged = judged.filter(self.keep)
        own = [pl.col(alias).alias(name) for name, alias in self.columns.items()]
        if self.attributes is not None:
            own.append(self.attributes.alias("attributes"))
        if self.cells:
            found = self._answers(judged, own)
        elif self.items is not None:
            distinct = judged.select(ROW, *own).unique([*self.columns], keep="first")
            found = distinct.join(self.items, how="cross")
        else:
            found = judged.select(ROW, *own)
        return found.select(self.schema.names())

    def one_each(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The one row of each key; raises `FixInput` where rows had to agree and do not."""
        key = list(self.table.key)
        rows = rows.sort(ROW)
        if self.one_per_key == "same":
            self._check_same(rows, key)
        last = self.one_per_key == "last"
        rows = rows.unique(key, keep="last" if last else "first", maintain_order=True)
        return rows.drop(ROW)

    def _check_same(self, rows: pl.DataFrame, key: list[str]) -> None:
        different = rows.unique([c for c in rows.columns if c != ROW], keep="first")
        clash = different.filter(pl.struct(key).is_duplicated()).sort(*key, ROW)
        if clash.height:
            first, second = clash[ROW].head(2)
            names = [c for c in rows.columns if c != ROW and clash[c].head(2).n_unique() > 1]
            raise FixInput(
                "FILE-DISAGREE",
                f"{self.table.name}.{names[0]}",
                f"rows {first} and {second} of the file make one record and do not agree",
                "Say which row counts (one_per_key: first or last), or map the column elsewhere.",
            )

    def _from_header(self) -> list[str]:
        if self.items is not None:
            return self.items.columns
        if not self.cells:
            return []
        item = ["item_id"] if "item_id" in self.table.by_name else []
        return ["question_id", *item, *(f"value_{k}" for k in self._kinds())]

    def _kinds(self) -> list[str]:
        return sorted({cell.kind for cell in self.cells})

    def _answers(self, judged: pl.DataFrame, own: list[pl.Expr]) -> pl.DataFrame:
        parts = [self._of_kind(judged, own, kind) for kind in self._kinds()]
        return pl.concat(parts, how="diagonal")

    def _of_kind(self, judged: pl.DataFrame, own: list[pl.Expr], kind: str) -> pl.DataFrame:
        cells = {str(at): cell for at, cell in enumerate(self.cells) if cell.kind == kind}
        wide = judged.select(ROW, *own, *(pl.col(c.alias).alias(at) for at, c in cells.items()))
        index = [c for c in wide.columns if c not in cells]
        value = f"value_{kind}"
        long = wide.unpivot(
            on=list(cells), index=index, variable_name=_CELL, value_name=value
        ).drop_nulls(value)
        at = pl.col(_CELL)
        ids = {key: cell.question_id for key, cell in cells.items()}
        items = {key: cell.item_id for key, cell in cells.items()}
        return long.with_columns(
            question_id=at.replace_strict(ids, return_dtype=pl.String),
            item_id=at.replace_strict(items, return_dtype=pl.String),
        ).drop(_CELL)
