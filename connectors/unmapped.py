"""Records that decode and that a mapping refuses all the same: found, and set aside alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec
import polars as pl

from connectors.records import PARENT
from connectors.stream import Stream

REASON = "a value that the mapping cannot turn into its column"

_Parts = Mapping[str, pl.DataFrame]
_REFUSED = (pl.exceptions.PolarsError, msgspec.MsgspecError, ValueError, TypeError, OverflowError)


def mapped(
    stream: Stream, frame: pl.DataFrame, parts: _Parts, key: bytes
) -> tuple[dict[str, pl.DataFrame], list[int]]:
    """The tables of a package, and the rows of `frame` that are in none of them.

    Nearly always that is one call of the mapping. Where it fails, the package is halved until the
    rows are found that it fails on.
    """
    try:
        return stream.map(frame, parts, key), []
    except _REFUSED:
        # a mapping that fails on nothing at all is wrong itself: that is no record's fault
        stream.map(*_slice(frame, parts, 0, 0), key)
    refused = list(_refused(stream, frame, parts, key))
    kept = pl.Series(range(frame.height), dtype=pl.UInt32).is_in(refused).not_()
    return stream.map(*_kept(frame, parts, kept), key), refused


def _refused(
    stream: Stream, frame: pl.DataFrame, parts: _Parts, key: bytes, first: int = 0
) -> Iterator[int]:
    """Numbers of the rows that the mapping fails on."""
    try:
        stream.map(frame, parts, key)
    except _REFUSED:
        if frame.height == 1:
            yield first
            return
        half = frame.height // 2
        yield from _refused(stream, *_slice(frame, parts, 0, half), key, first)
        rest = _slice(frame, parts, half, frame.height - half)
        yield from _refused(stream, *rest, key, first + half)


def _slice(
    frame: pl.DataFrame, parts: _Parts, first: int, rows: int
) -> tuple[pl.DataFrame, dict[str, pl.DataFrame]]:
    inside = pl.col(PARENT).is_between(first, first + rows, closed="left")
    found = {
        name: part.filter(inside).with_columns(pl.col(PARENT) - pl.lit(first, pl.UInt32))
        for name, part in parts.items()
    }
    return frame.slice(first, rows), found


def _kept(
    frame: pl.DataFrame, parts: _Parts, kept: pl.Series
) -> tuple[pl.DataFrame, dict[str, pl.DataFrame]]:
    # the row that a kept row becomes: so many kept ones stand before it
    place = kept.cast(pl.UInt32).cum_sum() - kept.cast(pl.UInt32)
    found = {}
    for name, part in parts.items():
        of_kept = part.filter(kept.gather(part[PARENT]))
        found[name] = of_kept.with_columns(place.gather(of_kept[PARENT]).alias(PARENT))
    return frame.filter(kept), found
