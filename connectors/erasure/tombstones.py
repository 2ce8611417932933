"""Whom to keep out: a keyed hash of each reference and record of the people who were erased.

The file says nothing of them to whoever lacks the key, and is kept beside the packages, because it
has to last as long as they do.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol, Self

import msgspec
import polars as pl

from connectors.errors import FixConfiguration, FixEnvironment
from connectors.landing import disk

FILE = "erased.json"
_CHECK = "the key that erased people are remembered by"


class _Stored(msgspec.Struct):
    key: str
    hashes: list[str]


class Known(Protocol):
    """Names of people that are known."""

    def add(self, names: Iterable[str]) -> None:
        """Remember names; see `connectors.erasure.rule.names`."""
        ...

    def hold(self, names: pl.Series) -> pl.Series:
        """Which of these names are known; a null is nobody's."""
        ...

    def __len__(self) -> int:
        """How many there are."""
        ...


class Names:
    """Names in plain, for as long as an erasure takes: asking costs no hash of every name there is.

    Args:
        tombstones: What learns every name too.
    """

    def __init__(self, tombstones: Tombstones) -> None:
        """No names yet."""
        self._tombstones = tombstones
        self._names: set[str] = set()

    def __len__(self) -> int:
        """How many there are."""
        return len(self._names)

    def add(self, names: Iterable[str]) -> None:
        """Remember names, hashed as well."""
        new = set(names) - self._names
        self._names |= new
        self._tombstones.add(new)

    def hold(self, names: pl.Series) -> pl.Series:
        """Which of these names are known; a null is nobody's."""
        known = pl.Series(list(self._names), dtype=pl.String)
        return names.is_in(known.implode()).fill_null(value=False)


class Tombstones:
    """The tombstones of one landing folder.

    Args:
        root: The landing folder.
        key: What names are hashed with; another key would know nobody.
    """

    def __init__(self, root: Path, key: bytes) -> None:
        """No tombstones yet; `read` has those of the folder."""
        self._path = root / FILE
        self._key = key
        self._hashes: set[str] = set()

    @staticmethod
    def are_kept(root: Path) -> bool:
        """Whether anybody was ever erased here."""
        return (root / FILE).exists()

    @classmethod
    def read(cls, root: Path, key: bytes) -> Self:
        """Those of a landing folder; none where nobody was erased.

        Raises:
            FixConfiguration: They were made with another key.
            FixEnvironment: The file is damaged.
        """
        found = cls(root, key)
        if not cls.are_kept(root):
            return found
        try:
            stored = msgspec.json.decode(found._path.read_bytes(), type=_Stored)
        except (OSError, msgspec.DecodeError) as error:
            raise FixEnvironment(
                "ERASED-FILE",
                str(found._path),
                "the tombstones of erased people cannot be read",
                "Restore the file from a backup: without it, erased people come back.",
            ) from error
        if stored.key != found._hash(_CHECK):
            raise FixConfiguration(
                "ERASED-KEY",
                str(found._path),
                "it was written with another key, so nobody in it would be recognised",
                "Set the variable that the setting erasure_key names to the key of then.",
            )
        found._hashes.update(stored.hashes)
        return found

    def __len__(self) -> int:
        """How many there are."""
        return len(self._hashes)

    def add(self, names: Iterable[str]) -> None:
        """Remember names; see `connectors.erasure.rule.names`."""
        self._hashes.update(self._hash(name) for name in names)

    def hold(self, names: pl.Series) -> pl.Series:
        """Which of these names are known; a null is nobody's."""
        distinct = names.drop_nulls().unique()
        known = [name for name in distinct if self._hash(name) in self._hashes]
        return names.is_in(pl.Series(known, dtype=pl.String).implode()).fill_null(value=False)

    def write(self) -> None:
        """Replace the file, durably."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        stored = _Stored(self._hash(_CHECK), sorted(self._hashes))
        staged = self._path.with_suffix(".new")
        staged.write_bytes(msgspec.json.encode(stored))
        disk.replace_durably(staged, self._path)

    def _hash(self, name: str) -> str:
        return hmac.digest(self._key, name.encode(), "sha256").hex()
