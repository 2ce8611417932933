"""JSON text made by whole columns: what makes a page of a thousand records cost milliseconds."""

from __future__ import annotations

import json
from collections.abc import Mapping

import polars as pl

_SECONDS = "%Y-%m-%dT%H:%M:%SZ"
_MILLISECONDS = "%Y-%m-%dT%H:%M:%S%.3fZ"


def iso(column: str | pl.Expr) -> pl.Expr:
    """A time as `2026-03-01T09:30:00Z`."""
    return _expr(column).dt.to_string(_SECONDS)


def iso_ms(column: str | pl.Expr) -> pl.Expr:
    """A time as `2026-03-01T09:30:00.000Z`."""
    return _expr(column).dt.to_string(_MILLISECONDS)


def epoch(column: str | pl.Expr) -> pl.Expr:
    """A time in whole seconds since 1970."""
    return _expr(column).dt.epoch("s")


def encoded(value: pl.Expr) -> pl.Expr:
    """A column's values as JSON, one text each."""
    text = pl.struct(v=value).struct.json_encode()
    return text.str.slice(len('{"v":'), text.str.len_chars() - len('{"v":}'))


def record(
    fields: Mapping[str, str | pl.Expr], raw: Mapping[str, object | pl.Expr] | None = None
) -> pl.Expr:
    """One JSON object a row.

    Args:
        fields: Columns by the vendor's name for them; nulls become `null`.
        raw: What follows as it is: an expression is JSON text already, anything else the same
            value in every row. Empty objects have to go this way: no column can hold them.
    """
    start = pl.struct([_expr(e).alias(n) for n, e in fields.items()]).struct.json_encode()
    if not raw:
        return start
    parts: list[pl.Expr] = [start.str.strip_suffix("}")]
    constant = ""
    for name, value in raw.items():
        constant += f",{json.dumps(name)}:"
        if isinstance(value, pl.Expr):
            parts += [pl.lit(constant), value.fill_null("null")]
            constant = ""
        else:
            constant += dumps(value)
    return pl.concat_str(*parts, pl.lit(constant + "}"))


def joined(*parts: str | pl.Expr) -> pl.Expr:
    """Text made of pieces: a string stands for itself, an expression has to be text already."""
    return pl.concat_str(pl.lit(part) if isinstance(part, str) else part for part in parts)


def texts(frame: pl.DataFrame, expression: pl.Expr) -> list[str]:
    """The rows of a frame as JSON texts."""
    return frame.select(text=expression)["text"].to_list()


def dumps(value: object) -> str:
    """JSON without spaces, as vendors send it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _expr(column: str | pl.Expr) -> pl.Expr:
    return pl.col(column) if isinstance(column, str) else column
