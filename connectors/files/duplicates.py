"""Finds rows of one file that claim to be the same record, without holding the keys in memory.

The first pass leaves a 64-bit hash of each key. Only rows whose hash stands twice are looked
at again, and compared exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl

from connectors.errors import FixInput
from connectors.files.header import ROW
from connectors.files.sieve import Verdicts, key_hash

_CONTENT = "_content"
_HASH = "_hash"


def suspects(hashes: Sequence[pl.Series]) -> pl.Series:
    """Hashes that stand more than once."""
    every = pl.concat(hashes) if hashes else pl.Series([], dtype=pl.UInt64)
    ordered = every.sort()
    return ordered.filter(ordered.eq(ordered.shift(1)).fill_null(value=False)).unique()


def look_again(
    frame: pl.LazyFrame,
    judge: Callable[[pl.DataFrame], pl.DataFrame],
    names: Sequence[str],
    twice: pl.Series,
    own: Sequence[str],
) -> pl.DataFrame:
    """Key, content hash and number of the rows whose key hash is among `twice`."""
    found: list[pl.DataFrame] = []

    def collect(raw: pl.DataFrame) -> pl.DataFrame:
        rows = judge(raw).with_columns(key_hash(names).alias(_HASH))
        rows = rows.filter(pl.col(_HASH).is_in(twice.implode()))
        found.append(rows.select(ROW, *names, pl.struct(own).hash(seed=2).alias(_CONTENT)))
        return rows.select(ROW).clear()

    frame.map_batches(collect, schema={ROW: pl.Int64}, streamable=True).collect(engine="streaming")
    rows = pl.concat(found).sort(ROW)
    return rows.filter(pl.struct(names).is_duplicated())


def decide(
    rows: pl.DataFrame, names: Sequence[str], policy: str, where: str, verdicts: Verdicts
) -> bool:
    """Add what follows from repeated keys to `verdicts`; returns whether anything does.

    Args:
        rows: What `look_again` returned.
        names: The key's columns.
        policy: `on_duplicate` of the stream.
        where: The file as messages call it.
        verdicts: Grows by records that are repeated, or that clash.

    Raises:
        FixInput: Two rows clash and the policy is `error`.
    """
    if rows.is_empty():
        return False
    distinct = rows.unique([*names, _CONTENT], keep="first", maintain_order=True)
    clash = distinct.filter(pl.struct(names).is_duplicated())
    if clash.height and policy == "error":
        raise _clashing(clash, names, where)
    repeated = [verdicts.repeated, _others(rows, distinct)]
    if policy == "last":
        repeated.append(_others(clash, clash.unique(names, keep="last")))
    else:
        verdicts.clashing = pl.concat([verdicts.clashing, clash[ROW]])
    verdicts.repeated = pl.concat(repeated)
    return True


def _others(rows: pl.DataFrame, kept: pl.DataFrame) -> pl.Series:
    return rows.join(kept.select(ROW), on=ROW, how="anti")[ROW]


def _clashing(clash: pl.DataFrame, names: Sequence[str], where: str) -> FixInput:
    first = clash.head(1)
    pair = clash.join(first.select(names), on=names, how="semi", nulls_equal=True)[ROW].head(2)
    return FixInput(
        "FILE-DUPLICATE",
        where,
        f"rows {pair[0]} and {pair[1]} have the same key and different content",
        "Map a column that tells them apart, or say on_duplicate: last or reject.",
    )
