"""Separates the rows of a file into those that land and those that are set aside.

One call judges one batch; the counts, the rejects and the hashes of keys stay here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from connectors.files.header import EXTRA, ROW, VIRTUAL
from connectors.files.values import Problem
from connectors.landing import REJECTS, Window

_BAD = "_bad"
_DISGUISED = (pl.Categorical, pl.Enum, pl.Binary)


@dataclass
class Verdicts:
    """What a second look decided about single records: their numbers, from 1."""

    short: list[int] = field(default_factory=list)
    repeated: pl.Series = field(default_factory=lambda: pl.Series([], dtype=pl.Int64))
    clashing: pl.Series = field(default_factory=lambda: pl.Series([], dtype=pl.Int64))


@dataclass
class Sieve:
    """Judges batches of raw rows.

    Args:
        own: The file's own columns.
        steps: Typed columns to add, one `with_columns` each.
        lean: The same, for batches without white space around values.
        problems: Rules, in the order in which they count.
        keys: Groups of typed columns that must be unique, each with the condition for a row.
        happened: Typed column that a window is cut by.
        window: The window, if one is read again.
        verdicts: What an earlier pass decided.
        is_csv: Records may have too many fields or too few.
        has_nul: The file holds NUL bytes somewhere.
    """

    own: Sequence[str]
    steps: Sequence[Sequence[pl.Expr]]
    lean: Sequence[Sequence[pl.Expr]]
    problems: Sequence[Problem]
    keys: Sequence[tuple[tuple[str, ...], pl.Expr | None]]
    happened: str | None
    window: Window | None
    verdicts: Verdicts
    is_csv: bool
    has_nul: bool
    read: int = 0
    left_out: int = 0
    deduplicated: int = 0
    may_be_short: bool = False
    rejects: list[pl.DataFrame] = field(default_factory=list)
    hashes: list[list[pl.Series]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Number the rules, and those about single records first."""
        self._rules = [*self._structure(), *self.problems]
        self.hashes = [[] for _ in self.keys]
        # made once: with dozens of rules the making costs more than the judging of a small batch
        self._first_broken = _first_broken(self._rules)
        self._any_broken = pl.any_horizontal(
            pl.lit(value=False), *(rule.bad.any() for rule in self._rules)
        )
        self._untidy: pl.Expr | None = None

    def _structure(self) -> Iterator[Problem]:
        row = pl.col(ROW)
        if self.is_csv:
            yield Problem("", "more fields than the header", pl.col(EXTRA).is_not_null())
        if self.verdicts.short:
            yield Problem("", "fewer fields than the header", row.is_in(self.verdicts.short))
        if self.has_nul:
            nul = pl.any_horizontal(pl.col(self.own).str.contains("\0", literal=True))
            yield Problem("", "holds a NUL byte", nul)
        if self.verdicts.clashing.len():
            clash = row.is_in(self.verdicts.clashing.implode())
            yield Problem("", "another row has the same key and other content", clash)

    @property
    def rejected(self) -> int:
        """Records set aside so far."""
        return sum(frame.height for frame in self.rejects)

    def judge(self, raw: pl.DataFrame, *, first: bool) -> pl.DataFrame:
        """Accepted rows of a batch with their typed columns; counts on the first pass only."""
        rows = self._judged(raw)
        good = rows
        if _BAD in rows.columns:
            good = rows.filter(pl.col(_BAD).is_null())
        repeats = 0
        if self.verdicts.repeated.len():
            before = good.height
            good = good.filter(~pl.col(ROW).is_in(self.verdicts.repeated.implode()))
            repeats = before - good.height
        if first:
            self._note(rows, good, repeats)
        return good

    def _judged(self, raw: pl.DataFrame) -> pl.DataFrame:
        """Rows with their typed columns, and the first rule that each breaks, if any does.

        Most batches have clean values: they are tried without looking for blanks, and only a
        batch in which that breaks a rule is judged again with it.
        """
        rows = raw
        if raw[self.own[0]].null_count():
            rows = raw.filter(~pl.all_horizontal(pl.col(self.own).is_null()))
        if self._is_tidy(rows):
            found = self._with(rows, self.lean)
            if not found.select(self._any_broken).item():
                return found
        return self._with(rows, self.steps).with_columns(self._first_broken)

    def _is_tidy(self, rows: pl.DataFrame) -> bool:
        """No text is empty or has white space in front."""
        if self._untidy is None:
            self._untidy = _untidy(rows.select(self.own).schema)
        return not rows.select(self._untidy).item()

    def _with(self, rows: pl.DataFrame, steps: Sequence[Sequence[pl.Expr]]) -> pl.DataFrame:
        for step in steps:
            if step:
                rows = rows.with_columns(step)
        return self._in_window(rows)

    def _in_window(self, rows: pl.DataFrame) -> pl.DataFrame:
        if self.window is None or self.happened is None:
            return rows
        when = pl.col(self.happened)
        since, until = _naive(self.window.since), _naive(self.window.until)
        if since is not None:
            rows = rows.filter(when >= since)
        return rows if until is None else rows.filter(when < until)

    def _note(self, rows: pl.DataFrame, good: pl.DataFrame, repeats: int) -> None:
        self.read += rows.height
        self.deduplicated += repeats
        if rows.height - good.height - repeats:
            bad = rows.filter(pl.col(_BAD).is_not_null())
            self.rejects.append(self._described(bad))
        if self.is_csv:
            self.may_be_short |= good[self.own[-1]].null_count() > 0
        for found, (names, keep) in zip(self.hashes, self.keys, strict=True):
            rows_here = good if keep is None else good.filter(keep)
            found.append(rows_here.select(key_hash(names)).to_series())

    def _described(self, bad: pl.DataFrame) -> pl.DataFrame:
        paths = {at: rule.path for at, rule in enumerate(self._rules)}
        reasons = {at: rule.reason for at, rule in enumerate(self._rules)}
        return bad.select(
            record=ROW,
            path=pl.col(_BAD).replace_strict(paths, return_dtype=pl.String),
            reason=pl.col(_BAD).replace_strict(reasons, return_dtype=pl.String),
            body=pl.struct(
                pl.col([*self.own, *([EXTRA] if self.is_csv else [])])
            ).struct.json_encode(),
        ).cast(REJECTS)


def _first_broken(rules: Sequence[Problem]) -> pl.Expr:
    numbers = (pl.when(rule.bad).then(pl.lit(at, pl.UInt16)) for at, rule in enumerate(rules))
    return pl.coalesce(*numbers, pl.lit(None, pl.UInt16)).alias(_BAD)


def _untidy(schema: pl.Schema) -> pl.Expr:
    # "!" is the first character behind white space: a comparison, where trimming copies
    texts = [(pl.col(n) < "!").any() for n, dtype in schema.items() if dtype == pl.String]
    # texts in disguise, which cannot be compared so
    disguised = any(dtype in _DISGUISED for dtype in schema.values())
    return pl.any_horizontal(pl.lit(disguised), *texts)


def key_hash(names: Sequence[str]) -> pl.Expr:
    """64-bit hash of a key; equal keys have equal hashes, the reverse is checked exactly."""
    return (pl.col(names[0]) if len(names) == 1 else pl.struct(names)).hash(seed=1)


def own_columns(schema: Sequence[str]) -> list[str]:
    """Columns of a scan that the file itself has."""
    return [name for name in schema if name not in (*VIRTUAL, EXTRA)]


def _naive(time: datetime | None) -> datetime | None:
    return time.replace(tzinfo=None) if time is not None else None
