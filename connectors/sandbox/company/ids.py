"""Ids as the vendors write them: unique by arithmetic, so that no block asks another."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

Ints = NDArray[np.int64]

_BASE62 = np.frombuffer(
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", dtype=np.uint8
)
_HEX = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
_ODD = np.uint64(0x9E3779B97F4A7C15)
_OTHER = np.uint64(0xD6E8FEB86659FD93)


def woven(base: int, count: int, block: int, blocks: int) -> Ints:
    """`count` ids above `base` that no other of `blocks` blocks has, ascending."""
    return base + np.arange(count, dtype=np.int64) * (blocks + 1) + block


def coded(prefix: str, numbers: Ints, salt: int) -> pl.Series:
    """`R_1AbC…`: 15 letters and digits, one to one with `numbers` under the same salt."""
    mixed = _mix(numbers, salt)
    unique = _digits(mixed, 62, 11, _BASE62)
    rest = _digits((mixed * _OTHER) >> np.uint64(24), 62, 4, _BASE62)
    return prefix + _text(np.hstack([unique, rest]))


def uuids(numbers: Ints, salt: int) -> pl.Series:
    """Lower-case UUIDs, one to one with `numbers` under the same salt."""
    mixed = _mix(numbers, salt)
    first = _digits(mixed, 16, 16, _HEX)
    last = _digits(mixed * _OTHER, 16, 16, _HEX)
    digits = np.hstack([first, last])
    digits[:, 12] = ord("4")
    # the digit replaced is kept elsewhere, or two numbers could become one id
    digits[:, 17] = first[:, 12]
    dash = np.full((len(numbers), 1), ord("-"), dtype=np.uint8)
    parts = [digits[:, :8], dash, digits[:, 8:12], dash, digits[:, 12:16], dash]
    return _text(np.hstack([*parts, digits[:, 16:20], dash, digits[:, 20:]]))


def checked(numbers: Ints) -> pl.Series:
    """Customer numbers `H1000017` + a Luhn digit: a slip of the pen gives nobody's number."""
    return "H" + pl.Series(numbers * 10 + luhn(numbers)).cast(pl.String)


def luhn(numbers: Ints) -> Ints:
    """The check digit that makes `number * 10 + digit` pass the test of cards."""
    total = np.zeros(len(numbers), dtype=np.int64)
    rest, double = numbers.copy(), True
    for _ in range(18):
        digit = rest % 10
        total += np.where(double, digit * 2 - 9 * (digit > 4), digit)
        rest, double = rest // 10, not double
    return (10 - total % 10) % 10


def _mix(numbers: Ints, salt: int) -> NDArray[np.uint64]:
    """An invertible shuffle of 64 bits."""
    mixed = (numbers.astype(np.uint64) + np.uint64(salt)) * _ODD
    mixed ^= mixed >> np.uint64(31)
    return mixed * _OTHER


def _digits(
    numbers: NDArray[np.uint64], base: int, width: int, alphabet: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    out = np.empty((len(numbers), width), dtype=np.uint8)
    rest = numbers
    for position in range(width - 1, -1, -1):
        rest, digit = np.divmod(rest, np.uint64(base))
        out[:, position] = alphabet[digit.astype(np.int64)]
    return out


def _text(letters: NDArray[Any]) -> pl.Series:
    width = letters.shape[1]
    flat = np.ascontiguousarray(letters).view(f"S{width}").ravel()
    return pl.Series(flat.tolist(), dtype=pl.Binary).cast(pl.String)
