"""Compiles the mapping's column values into expressions over a file's columns."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from connectors.errors import FixConfiguration
from connectors.families import Column, Type
from connectors.files import header, values
from connectors.files.mapping import ColumnValue, Reading, Value
from connectors.files.values import Problem
from connectors.privacy import keyed_hash

_BRACES = re.compile(r"\{([^{}]+)\}")
_GLUE = "\x1f"


@dataclass
class Columns:
    """Expressions of one file in three steps: text, mapped text, typed value.

    Each step is one `with_columns`, so that a rule can look at the value before and after.

    Args:
        schema: Columns of the file (joined and virtual ones included) and their types.
        where: What messages call the stream.
        longest: Bytes that a text may have.
        key: What respondents are hashed with, if the environment gave one.
        trim: How white space around values is taken off, or that there is none.
    """

    schema: dict[str, pl.DataType]
    where: str
    longest: int
    key: bytes | None
    trim: values.Trim = values.trimmed
    steps: tuple[list[pl.Expr], list[pl.Expr], list[pl.Expr]] = field(
        default_factory=lambda: ([], [], [])
    )
    problems: list[Problem] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    _known: dict[tuple[str, Type, str, tuple[float, float] | None], str] = field(
        default_factory=dict
    )
    _scope: pl.Expr | None = None
    _scope_name: str = ""

    @property
    def own(self) -> list[str]:
        """Columns that the file itself has, joined ones included."""
        return [n for n in self.schema if n not in (*header.VIRTUAL, header.EXTRA)]

    def need(self, name: str, where: str) -> str:
        """Note that a column is used. Raises `FixInput` where the file has none such."""
        if name not in self.schema:
            if name in (header.ROOT, header.IS_ROOT):
                raise FixConfiguration(
                    "MAP-THREAD", where, f"{name} needs the stream to say `thread`", "Add it."
                )
            raise header.missing(name, self.own, f"{self.where}.{where}")
        self.used.add(name)
        return name

    @contextmanager
    def within(self, keep: pl.Expr | None, name: str) -> Iterator[None]:
        """What is added here is looked at in the rows of `keep` only; `name` stands for these."""
        self._scope, self._scope_name = keep, name if keep is not None else ""
        yield
        self._scope, self._scope_name = None, ""

    def add(self, value: ColumnValue, column: Column, where: str) -> str:
        """Compile one value; returns the name of its typed column."""
        spec = Value(column=value) if isinstance(value, str) else value
        known = (spec.model_dump_json(), column.type, self._scope_name, column.between)
        if known not in self._known:
            self._known[known] = self._compile(spec, column, where)
        alias = self._known[known]
        self._check_contract(alias, column, where, spec)
        return alias

    def _compile(self, spec: Value, column: Column, where: str) -> str:
        alias = f"{_GLUE}{len(self._known)}"
        if spec.constant is not None:
            self.steps[2].append(self._constant(spec, column, where).alias(alias))
            return alias
        direct = self._direct(spec, column.type)
        if direct is not None:
            self.steps[2].append(self._placed(direct, spec, column, where).alias(alias))
            return alias
        given = self.text(self._origin(spec, where), spec, alias, where)
        plain = given if column.type is Type.TEXT else self.trim(given)
        typed = values.typed(plain, column.type, spec)
        self.steps[2].append(self._placed(typed, spec, column, where).alias(alias))
        if column.type is not Type.TEXT:
            bad = given.is_not_null() & pl.col(alias).is_null()
            self._problem(where, values.reason(column.type, spec), bad)
        else:
            limit = f"a text of more than {self.longest} bytes (an unclosed quote?)"
            self._problem(where, limit, pl.col(alias).str.len_bytes() > self.longest)
        return alias

    def _placed(self, number: pl.Expr, spec: Value, column: Column, where: str) -> pl.Expr:
        """A number of the export's own scale, at its place between the contract's bounds."""
        if spec.scale is None:
            return number
        if column.between is None:
            raise FixConfiguration(
                "MAP-SCALE",
                f"{self.where}.{where}",
                "the mapping gives a scale, and the contract has no bounds to move it to",
                "Take `scale` out: such a number lands as the export tells it.",
            )
        (worst, best), (low, high) = spec.scale, column.between
        return low + (number - worst) / (best - worst) * (high - low)

    def text(self, origin: pl.Expr, spec: Reading, alias: str, where: str) -> pl.Expr:
        """Steps one and two: text without blanks, then as `values` maps it."""
        before, after = f"{alias}t", f"{alias}m"
        self.steps[0].append(values.without(origin, spec.blank, self.trim).alias(before))
        if spec.values is None:
            return pl.col(before)
        self.steps[1].append(values.mapped(pl.col(before), spec).alias(after))
        if spec.otherwise == "reject":
            bad = values.unmapped(pl.col(before), pl.col(after), spec)
            self._problem(where, "not one of the texts that `values` lists", bad)
        return pl.col(after)

    def _problem(self, where: str, reason: str, bad: pl.Expr) -> None:
        # a row of another kind may hold anything in this column
        bad = bad if self._scope is None else self._scope & bad
        self.problems.append(Problem(where, reason, bad))

    def _direct(self, spec: Value, kind: Type) -> pl.Expr | None:
        """A typed column of a typed file needs no detour over text."""
        dtype = self.schema.get(spec.column or "")
        if dtype is None or dtype == pl.String or spec.blank or spec.values:
            return None
        self.used.add(spec.column or "")
        column = pl.col(spec.column or "")
        if kind is Type.TIMESTAMP and dtype.is_temporal():
            if isinstance(dtype, pl.Datetime) and dtype.time_zone:
                return (
                    column.dt.convert_time_zone("UTC")
                    .dt.replace_time_zone(None)
                    .cast(pl.Datetime("us"))
                )
            return values.local(column.cast(pl.Datetime("us")), spec)
        if kind in (Type.NUMBER, Type.MONEY) and dtype.is_numeric():
            return column.cast(kind.polars)
        if kind in (Type.INTEGER, Type.NUMBER) and (dtype.is_integer() or dtype == pl.Boolean):
            return column.cast(kind.polars)
        return column if kind is Type.BOOLEAN and dtype == pl.Boolean else None

    def _origin(self, spec: Value, where: str) -> pl.Expr:
        if spec.column is not None:
            found = self._cell(spec.column, where)
        elif spec.coalesce is not None:
            found = pl.coalesce(
                [values.without(self._cell(c, where), [], self.trim) for c in spec.coalesce]
            )
        elif spec.template is not None:
            found = self._template(spec.template, where)
        elif spec.hash is not None:
            found = self._hashed(spec.hash, where)
        else:
            found = self._row_hash(spec.row_hash, where)
        return found.str.replace(r"^\s*(-?\d+)\.0+\s*$", "$1") if spec.whole_number else found

    def _cell(self, name: str, where: str) -> pl.Expr:
        return values.text(self.need(name, where), self.schema[name])

    def _template(self, template: str, where: str) -> pl.Expr:
        parts = _BRACES.split(template)
        return pl.concat_str(
            [
                values.without(self._cell(part, where), [], self.trim) if at % 2 else pl.lit(part)
                for at, part in enumerate(parts)
            ]
        )

    def _hashed(self, names: list[str], where: str) -> pl.Expr:
        if self.key is None:
            raise FixConfiguration(
                "SECRET-KEY",
                f"{self.where}.{where}",
                "the mapping hashes a respondent, and no key is set",
                "Name its environment variable: secrets: {respondent_key: EARFUL_RESPONDENT_KEY}, "
                "and set that variable.",
            )
        key = self.key
        cells = [values.trimmed(values.without(self._cell(name, where), [])) for name in names]
        together = pl.concat_str(cells, separator=_GLUE) if len(cells) > 1 else cells[0]
        return together.map_batches(
            lambda series: keyed_hash(series, key), return_dtype=pl.String, is_elementwise=True
        )

    def _row_hash(self, names: Literal[True] | list[str] | None, where: str) -> pl.Expr:
        wanted = names if isinstance(names, list) else self.own
        # a used column leaves `attributes`; to be part of an id is no use in that sense
        before = set(self.used)
        cells = [self._cell(name, where).fill_null("") for name in wanted]
        self.used = before
        return pl.concat_str(cells, separator=_GLUE).map_batches(
            _sha256, return_dtype=pl.String, is_elementwise=True
        )

    def _constant(self, spec: Value, column: Column, where: str) -> pl.Expr:
        given = spec.constant
        text = str(given).lower() if isinstance(given, bool) else str(given)
        found = pl.select(values.typed(pl.lit(text), column.type, spec)).item()
        if found is None or (column.values and text not in column.values):
            expected = f"one of {', '.join(column.values)}" if column.values else column.type.value
            raise FixConfiguration(
                "MAP-VALUE",
                f"{self.where}.{where}",
                f"the constant '{text}' does not fit, the contract wants {expected}",
                "Give it such a value.",
            )
        return pl.lit(found, column.type.polars)

    def _check_contract(self, alias: str, column: Column, where: str, spec: Value) -> None:
        if spec.constant is not None:
            return
        found = pl.col(alias)
        if column.values:
            allowed = ", ".join(column.values)
            self._problem(where, f"not one of {allowed}", ~found.is_in(column.values))
        if column.between:
            low, high = sorted(spec.scale or column.between)
            outside = ~found.is_between(*column.between)
            self._problem(where, f"not between {low:g} and {high:g}", outside)
        if column.required:
            self._problem(where, "empty, and the contract requires it", found.is_null())


def _sha256(texts: pl.Series) -> pl.Series:
    distinct = texts.unique()
    hashed = [hashlib.sha256(text.encode()).hexdigest()[:32] for text in distinct]
    return texts.replace_strict(
        distinct, pl.Series(hashed, dtype=pl.String), return_dtype=pl.String
    )
