"""Records of a page as columns, with what was set aside and what nobody declared."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from connectors.decoding.columns import Columns, Framer
from connectors.records import PARENT


@dataclass
class Decoded:
    """Records of one page: their columns and their parts', what was set aside, new fields."""

    framer: Framer
    columns: Columns
    parts_columns: dict[str, Columns]
    rejects: pl.DataFrame
    unknown: set[str] = field(default_factory=set)
    first: int = 1

    @property
    def height(self) -> int:
        """How many records the columns hold."""
        return self.columns.frame.height

    @property
    def frame(self) -> pl.DataFrame:
        """The columns as a frame."""
        return joined([self])[0]

    @property
    def parts(self) -> dict[str, pl.DataFrame]:
        """The parts' columns as frames, by field."""
        return joined([self])[1]

    @property
    def numbers(self) -> list[int]:
        """Number within the package of each record of the columns."""
        aside = set(self.rejects["record"])
        every = range(self.first, self.first + self.height + len(aside))
        return [number for number in every if number not in aside]


def joined(pages: Sequence[Decoded]) -> tuple[pl.DataFrame, dict[str, pl.DataFrame]]:
    """Frames of several pages as one, parts pointing to the rows of the whole."""
    framer = pages[0].framer
    places = list(itertools.accumulate((page.height for page in pages[:-1]), initial=0))
    parts = {
        name: framer.whole(
            part, [_moved(page, name, at) for page, at in zip(pages, places, strict=True)]
        )
        for name, part in framer.of.all_parts()
    }
    return framer.whole(framer.of, [page.columns for page in pages]), parts


def _moved(page: Decoded, name: str, offset: int) -> Columns:
    """A page's parts, whose records stand so many rows further down in the whole."""
    parts = page.parts_columns[name]
    parents = pl.col(PARENT) + pl.lit(offset, pl.UInt32)
    return Columns(parts.frame.with_columns(parents), parts.lines)
