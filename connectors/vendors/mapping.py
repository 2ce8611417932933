"""Expressions that several vendors' mappings need."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import polars as pl


def text(field: str) -> pl.Expr:
    """An id or number as text."""
    return pl.col(field).cast(pl.String)


def given(field: str) -> pl.Expr:
    """Text, null where it is empty: vendors send both for 'not known'."""
    stripped = pl.col(field).str.strip_chars()
    return pl.when(stripped != "").then(stripped)


def renamed(field: str, names: Mapping[str, str], otherwise: str | None = None) -> pl.Expr:
    """A vendor's word in the contract's; null stays null."""
    found = pl.col(field).replace_strict(names, default=otherwise, return_dtype=pl.String)
    return pl.when(pl.col(field).is_not_null()).then(found)


def plain(field: str) -> pl.Expr:
    """JSON text of a plain value without its quotes; JSON's null becomes null."""
    value = pl.col(field).str.json_path_match("$")
    return pl.when(pl.col(field) != "null").then(value)


def epoch(seconds: str) -> pl.Expr:
    """Epoch seconds as a time."""
    return pl.from_epoch(seconds, time_unit="s").cast(pl.Datetime("us"))


def iso(moment: datetime) -> str:
    """A naive UTC time as vendors write it, whole seconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
