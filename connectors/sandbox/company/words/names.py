"""Invented names, cities and firms."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import yaml

from connectors.sandbox.company.ids import Ints


@cache
def _bank() -> dict[str, dict[str, list[str]]]:
    text = (Path(__file__).parent / "names.yaml").read_text(encoding="utf-8")
    bank: dict[str, dict[str, list[str]]] = yaml.safe_load(text)
    return bank


def of(language: str, part: str) -> list[str]:
    """The names of one kind in one language."""
    return _bank()[language][part]


def pools(part: str, languages: tuple[str, ...]) -> tuple[pl.Series, Ints, Ints]:
    """All names of a kind in one row, with where each language starts and how many it has."""
    lists = [of(language, part) for language in languages]
    sizes = np.array([len(names) for names in lists])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    return pl.Series([name for names in lists for name in names]), starts, sizes
