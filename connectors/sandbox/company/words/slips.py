"""Slips of the pen: misspelt words, no capitals, no full stop, doubled marks."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.random import Generator

from connectors.sandbox.company.ids import Ints
from connectors.sandbox.company.plan import LANGUAGES
from connectors.sandbox.company.words.bank import bank

MISSPELT = 0.22
LOWER = 0.09
BARE = 0.12


def slip(rng: Generator, language: Ints, text: pl.Series) -> pl.Series:
    """The texts as they leave hasty hands; most stay as they are."""
    text = _misspelt(rng, language, text)
    count = len(text)
    lower, bare = pl.Series(rng.random(count) < LOWER), pl.Series(rng.random(count) < BARE)
    frame = pl.DataFrame({"t": text, "lower": lower, "bare": bare})
    t = pl.col("t")
    t = pl.when(pl.col("lower")).then(t.str.to_lowercase()).otherwise(t)
    t = pl.when(pl.col("bare")).then(t.str.strip_chars_end(".!")).otherwise(t)
    return frame.select(t).to_series()


def _misspelt(rng: Generator, language: Ints, text: pl.Series) -> pl.Series:
    """One rule of the language each, tried on some of its texts."""
    rules = [bank().phrases(n, "slips") for n in range(len(LANGUAGES))]
    counts = np.array([max(1, len(r)) for r in rules])
    rule = (rng.random(len(text)) * counts[language]).astype(np.int64)
    hasty = rng.random(len(text)) < MISSPELT * 3  # most rules find nothing to do
    changed: list[pl.Series] = []
    places: list[Ints] = []
    for number, pairs in enumerate(rules):
        for which, pair in enumerate(pairs):
            rows = np.flatnonzero((language == number) & (rule == which) & hasty)
            if len(rows):
                old, new = pair.split(" => ")
                places.append(rows)
                changed.append(text.gather(rows).str.replace(rf"(?i)\b{old}\b", new))
    return text.scatter(np.concatenate(places), pl.concat(changed)) if places else text
