"""Phrase banks, one file a language: choosing, joining, filling in, and slips of the pen."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.random import Generator
from numpy.typing import NDArray

from connectors.sandbox.company.ids import Ints
from connectors.sandbox.company.plan import LANGUAGES


class Part(NamedTuple):
    """A part of a text: which phrases, how often it is there at all, and what parts it off."""

    key: str | Ints
    """One key, or a number of `Bank.keys` for each text; negative where there is nothing to say."""
    share: float = 1.0
    before: str = " "


class Bank:
    """Every phrase of every language in one row, found by language and key."""

    def __init__(self, languages: tuple[str, ...]) -> None:
        """Read the files of these languages; a key is a path such as `late.core`."""
        banks = [_read(language) for language in languages]
        self.keys = {key: n for n, key in enumerate(sorted(set().union(*banks)))}
        lists = [bank.get(key, []) for bank in banks for key in self.keys]
        sizes = np.array([len(phrases) for phrases in lists])
        shape = (len(banks), len(self.keys))
        self._size = sizes.reshape(shape)
        self._start = (np.cumsum(sizes) - sizes).reshape(shape)
        self._phrases = pl.Series([phrase for phrases in lists for phrase in phrases])

    def numbers(self, keys: list[str]) -> Ints:
        """The numbers of these keys."""
        return np.array([self.keys[key] for key in keys])

    def phrases(self, language: int, key: str) -> list[str]:
        """All phrases of a key in one language."""
        start, size = self._start[language, self.keys[key]], self._size[language, self.keys[key]]
        return list(self._phrases[int(start) : int(start + size)])

    def pick(self, rng: Generator, language: Ints, key: str | Ints, share: float = 1) -> pl.Series:
        """A phrase for each text; null for the rest of `share`, and where there is none."""
        number = self.keys[key] if isinstance(key, str) else key
        size = np.where(number < 0, 0, self._size[language, number])
        dice = rng.random(len(language))
        chosen = self._start[language, number] + (dice * size).astype(np.int64)
        silent = (size == 0) | (rng.random(len(language)) >= share)
        if not len(language):
            return pl.Series([], dtype=pl.String)
        phrases = self._phrases.gather(np.minimum(chosen, len(self._phrases) - 1))
        return phrases.set(pl.Series(silent), None)


@cache
def bank() -> Bank:
    """The bank of all languages that customers speak."""
    return Bank(LANGUAGES)


@cache
def staff_bank() -> Bank:
    """The bank of employees, who have one language among themselves."""
    return Bank(("staff",))


def say(
    rng: Generator,
    language: Ints,
    parts: list[Part],
    slots: pl.DataFrame,
    phrases: Bank | None = None,
) -> pl.Series:
    """One text each: parts in a row, `{slots}` filled in from the columns of that name."""
    source = phrases or bank()
    said = pl.DataFrame(
        {str(n): source.pick(rng, language, p.key, p.share) for n, p in enumerate(parts)}
    )
    text = said.select(
        pl.concat_str(
            [
                pl.lit(part.before) + _ended(pl.col(str(n)), last=n == len(parts) - 1)
                for n, part in enumerate(parts)
            ],
            ignore_nulls=True,
        ).str.strip_chars()
    ).to_series()
    return fill(text, slots)


def _ended(phrase: pl.Expr, *, last: bool) -> pl.Expr:
    """A phrase that others follow ends with some mark."""
    if last:
        return phrase
    return pl.when(phrase.str.contains(r"[\w}]$")).then(phrase + ".").otherwise(phrase)


def fill(text: pl.Series, slots: pl.DataFrame) -> pl.Series:
    """Put the values in the place of their names."""
    open_slots = text.str.contains("{", literal=True)
    where = open_slots.arg_true()
    if not len(where):
        return text
    frame = slots[where].with_columns(text[where].alias("text"))
    filled = pl.col("text")
    for name in slots.columns:
        filled = filled.str.replace_all(f"{{{name}}}", pl.col(name), literal=True)
    return text.scatter(where, frame.select(filled).to_series())


def _read(language: str) -> dict[str, list[str]]:
    """`[key]`, then a phrase a line; `#` begins a comment."""
    phrases: dict[str, list[str]] = {}
    key = ""
    for line in (Path(__file__).parent / f"{language}.txt").read_text("utf-8").splitlines():
        if line.startswith("["):
            key = line[1:-1]
            phrases[key] = []
        elif line and not line.startswith("#"):
            phrases[key].append(line)
    return phrases


def chance(rng: Generator, count: int, share: float) -> NDArray[np.bool_]:
    """A coin for each."""
    return np.asarray(rng.random(count) < share)
