"""Raw pages: the records of a package as the vendor sent them, one a line, in a zstd file."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import BinaryIO

from backports import zstd

from connectors.landing.manifest import Artifact

_LEVEL = 1
_BLOCK = 1 << 20


class PageFile:
    """A zstd file of records that counts and hashes what it holds."""

    def __init__(self, path: Path) -> None:
        """Make the file."""
        self._path = path
        self._file: BinaryIO = path.open("wb")
        self._compressor = zstd.ZstdCompressor(level=_LEVEL)
        self._hash = hashlib.sha256()
        self._records = 0
        self._bytes = 0

    def write(self, block: bytes, records: int) -> None:
        """Add lines, each with its newline."""
        self._store(self._compressor.compress(block))
        self._records += records

    def append(self, path: Path, records: int) -> None:
        """Add the lines of another such file: zstd files can be joined end to end."""
        with path.open("rb") as other:
            while block := other.read(_BLOCK):
                self._store(block)
        self._records += records

    def close(self) -> Artifact:
        """Finish the file. Returns what the manifest says of it."""
        if not self._file.closed:
            self._store(self._compressor.flush())
            self._file.close()
        return Artifact(
            file=self._path.name,
            rows=self._records,
            bytes=self._bytes,
            sha256=self._hash.hexdigest(),
        )

    def _store(self, block: bytes) -> None:
        self._file.write(block)
        self._hash.update(block)
        self._bytes += len(block)
