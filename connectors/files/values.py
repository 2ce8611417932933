"""How the text of cells becomes typed values, and how a bad one is noticed.

No cast here hides anything: wherever `strict=False` stands, a null that was not null before
becomes a `Problem`, and its row a reject.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import polars as pl
from polars.datatypes import DataTypeClass

from connectors.families import Type
from connectors.files.mapping import Reading, Value

ISO = (
    # the two that exports write most, in the spelling that Polars parses fastest
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%dT%H:%M:%S%.f%#z",
    "%Y-%m-%d %H:%M:%S%.f%#z",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
)
_PLAIN = ISO[:2]
_EPOCHS = {"epoch_s": 1_000_000, "epoch_ms": 1_000}
_ZONES = ("%z", "%#z", "%:z", "%+", "%::z")
_TRUE = ("true", "t", "yes", "y", "1", "1.0")
_FALSE = ("false", "f", "no", "n", "0", "0.0")


@dataclass(frozen=True)
class Problem:
    """A rule that a row may break: `bad` is true for rows that do. Reasons name no values."""

    path: str
    reason: str
    bad: pl.Expr


def text(name: str, dtype: pl.DataType | DataTypeClass) -> pl.Expr:
    """A column as text, whatever the file's format made of it."""
    column = pl.col(name)
    if dtype == pl.String:
        return column
    if dtype.is_nested():
        return pl.when(column.is_not_null()).then(_as_json(column))
    return column.cast(pl.String)


SPACE = " \t\r\n\v\f"
"""White space around a value. Whoever has none of it in a batch may skip the trimming."""


def trimmed(value: pl.Expr) -> pl.Expr:
    """Text without white space around it."""
    return value.str.strip_chars(SPACE)


def as_it_is(value: pl.Expr) -> pl.Expr:
    """In place of `trimmed`, for batches in which no text is empty or starts with white space."""
    return value


Trim = Callable[[pl.Expr], pl.Expr]


def without(value: pl.Expr, blank: list[str], trim: Trim = trimmed) -> pl.Expr:
    """Null where the text is empty, or says that there is no value."""
    if blank:
        return pl.when(~trimmed(value).is_in(["", *blank])).then(value)
    if trim is as_it_is:
        return value
    return pl.when(trim(value).str.len_bytes() > 0).then(value)


def mapped(value: pl.Expr, reading: Reading) -> pl.Expr:
    """The text that `values` gives for a text; `reading.values` must be there."""
    assert reading.values is not None  # noqa: S101 (narrows a type)
    stripped = trimmed(value)
    default = {"reject": None, "blank": None, "keep": value}.get(
        reading.otherwise, pl.lit(reading.otherwise)
    )
    found = stripped.replace_strict(reading.values, default=default, return_dtype=pl.String)
    return pl.when(value.is_not_null()).then(found).otherwise(pl.lit(reading.values.get("")))


def unmapped(value: pl.Expr, result: pl.Expr, reading: Reading) -> pl.Expr:
    """True where `values` lists no such text and says nothing of others."""
    nothing = [key for key, to in (reading.values or {}).items() if to is None]
    return value.is_not_null() & result.is_null() & ~trimmed(value).is_in(nothing)


def number(plain: pl.Expr, reading: Reading) -> pl.Expr:
    """Trimmed text without thousands marks and with a decimal point."""
    if reading.thousands:
        plain = plain.str.replace_all(reading.thousands, "", literal=True)
    if reading.decimal == ",":
        plain = plain.str.replace(",", ".", literal=True)
    return plain


def typed(value: pl.Expr, kind: Type, spec: Value) -> pl.Expr:
    """Trimmed text as the contract's type; null where it is none."""
    return _TYPED[kind](value, spec)


def _number(value: pl.Expr, spec: Value) -> pl.Expr:
    return number(value, spec).map_batches(_finite, return_dtype=pl.Float64, is_elementwise=True)


def _finite(texts: pl.Series) -> pl.Series:
    found = texts.cast(pl.Float64, strict=False)
    finite = found.is_finite()
    return found if finite.all() else found.set(~finite, None)


def _integer(value: pl.Expr, spec: Value) -> pl.Expr:
    return number(value, spec).map_batches(_whole, return_dtype=pl.Int64, is_elementwise=True)


def _whole(texts: pl.Series) -> pl.Series:
    """The pattern costs more than all else, and few exports write 5 as 5.0."""
    found = texts.cast(pl.Int64, strict=False)
    if found.null_count() == texts.null_count():
        return found
    return texts.str.replace(r"\.0+$", "").cast(pl.Int64, strict=False)


def _money(value: pl.Expr, spec: Value) -> pl.Expr:
    return number(value, spec).cast(Type.MONEY.polars, strict=False)


def _boolean(value: pl.Expr, _: Value) -> pl.Expr:
    return value.map_batches(_truth, return_dtype=pl.Boolean, is_elementwise=True)


def _truth(texts: pl.Series) -> pl.Series:
    """Two comparisons where an export writes nothing but true and false; ten times cheaper."""
    true, false = texts == _TRUE[0], texts == _FALSE[0]
    if (true | false).all():
        return true
    word = texts.str.to_lowercase()
    true, false = word.is_in(_TRUE), word.is_in(_FALSE)
    return true.set(~(true | false), None)


def _members(value: pl.Expr, spec: Value) -> pl.Expr:
    members = value.str.split(spec.split) if spec.split else pl.concat_list(value)
    return pl.when(value.is_not_null()).then(
        _as_json(members.list.eval(pl.element().str.strip_chars()))
    )


def _as_json(value: pl.Expr) -> pl.Expr:
    """One value's JSON: what stands between the braces of {"x":…}."""
    body = pl.struct(x=value).struct.json_encode()
    return body.str.slice(5, body.str.len_chars() - 6)


def moment(value: pl.Expr, spec: Value) -> pl.Expr:
    """Text as UTC without a zone, by the first format that fits."""
    return value.map_batches(
        lambda texts: _by_formats(texts, spec), return_dtype=Type.TIMESTAMP.polars
    )


def _by_formats(texts: pl.Series, spec: Value) -> pl.Series:
    """One format after the other, until every text of the batch is read."""
    frame = pl.DataFrame({"text": texts})
    found: pl.Series | None = None
    for form in spec.format or ISO:
        read = frame.select(_by_format(pl.col("text"), form, spec)).to_series()
        found = read if found is None else found.zip_with(found.is_not_null(), read)
        if found.null_count() == texts.null_count():
            return found
    assert found is not None  # noqa: S101 (there is always a format to try)
    return found


def _by_format(value: pl.Expr, form: str, spec: Value) -> pl.Expr:
    if form in _EPOCHS:
        ticks = value.cast(pl.Decimal(38, 6), strict=False) * _EPOCHS[form]
        return ticks.cast(pl.Int64, strict=False).cast(pl.Datetime("us"))
    if any(zone in form for zone in _ZONES):
        found = value.str.to_datetime(form, strict=False, time_unit="us", time_zone="UTC")
        return found.dt.replace_time_zone(None)
    # remembering what was parsed costs more than parsing the plainest spellings again
    cached = form not in _PLAIN
    return local(value.str.to_datetime(form, strict=False, time_unit="us", cache=cached), spec)


def local(value: pl.Expr, spec: Value) -> pl.Expr:
    """Wall-clock time of the given zone as UTC; null where that clock never showed it."""
    if spec.time_zone is None:
        return value
    doubtful: Literal["null", "earliest", "latest"] = (
        "null" if spec.ambiguous == "reject" else spec.ambiguous
    )
    there = value.dt.replace_time_zone(spec.time_zone, ambiguous=doubtful, non_existent="null")
    if spec.nonexistent == "forward":
        shown = value.dt.replace_time_zone(
            spec.time_zone, ambiguous="earliest", non_existent="null"
        )
        moved = value.dt.offset_by("1h").dt.replace_time_zone(
            spec.time_zone, ambiguous="earliest", non_existent="null"
        )
        there = pl.when(shown.is_null()).then(moved).otherwise(there)
    return there.dt.convert_time_zone("UTC").dt.replace_time_zone(None)


def reason(kind: Type, spec: Value) -> str:
    """Why a text is not of a type, in words that hold no value."""
    match kind:
        case Type.TIMESTAMP:
            forms = ", ".join(spec.format) or "ISO 8601"
            zone = f", or no such time (or two) in {spec.time_zone}" if spec.time_zone else ""
            return f"not a time written as {forms}{zone}"
        case Type.BOOLEAN:
            return "neither true/yes/1 nor false/no/0"
        case Type.INTEGER:
            return "not a whole number"
        case Type.MONEY:
            return "not an amount that fits 14 digits and 4 decimals"
        case _:
            return "not a number"


_TYPED: dict[Type, Callable[[pl.Expr, Value], pl.Expr]] = {
    Type.TEXT: lambda value, _: value,
    Type.NUMBER: _number,
    Type.INTEGER: _integer,
    Type.MONEY: _money,
    Type.BOOLEAN: _boolean,
    Type.TIMESTAMP: moment,
    Type.JSON: _members,
}
