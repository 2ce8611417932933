"""Keyed hashes: the one way in which a respondent's name enters the house."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

import polars as pl

from connectors.errors import FixConfiguration

SHORTEST_KEY = 16


def read_key(variable: str, environment: Mapping[str, str]) -> bytes:
    """Read the hash key from the environment variable that the configuration names.

    Raises:
        FixConfiguration: The variable is unset, or its key too short to protect anybody.
    """
    key = environment.get(variable, "").encode()
    if len(key) < SHORTEST_KEY:
        state = "is shorter than 16 bytes" if key else "is not set"
        raise FixConfiguration(
            "SECRET-KEY",
            variable,
            f"this variable must hold the key that people are hashed with, and it {state}",
            "Set it once, for example to the output of `openssl rand -hex 32`, and keep it: "
            "another key makes the same person another one.",
        )
    return key


def keyed_hash(values: pl.Series, key: bytes) -> pl.Series:
    """HMAC-SHA-256 of each text, in hex; null stays null.

    Each distinct value is hashed once, so a column of repeated respondents costs little.
    """
    distinct = values.drop_nulls().unique()
    hashed = [hmac.digest(key, value.encode(), "sha256").hex() for value in distinct]
    return values.replace_strict(
        distinct, pl.Series(hashed, dtype=pl.String), default=None, return_dtype=pl.String
    )
