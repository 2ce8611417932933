"""Reads CSV and its kin: headers of one to three rows, and records of too many or few fields."""

from __future__ import annotations

import csv
import io
import itertools
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from connectors.errors import FixInput
from connectors.files.encoding import BLOCK
from connectors.files.export import Export, explained
from connectors.files.header import EXTRA, FILE, ROW, Header, header, plain
from connectors.files.mapping import StreamConfig

if TYPE_CHECKING:
    from _csv import _reader

# Polars reads CSV in chunks whose size grows with the file; smaller ones keep the peak at 410 MB
# instead of 660 for a file of 566 MB, and cost no time down to this size
os.environ.setdefault("POLARS_CSV_CHUNK_SIZE", str(8 << 20))

IN_MEMORY = 32 << 20
"""Smaller files are parsed once and kept; larger ones are streamed, again for each table."""

_NUL_SHARE = 10


@dataclass(frozen=True)
class _Dialect:
    delimiter: str
    quote: str | None

    def records(self, file: Iterable[str], *, strict: bool = False) -> _reader:
        """Records as Python's own reader splits them."""
        return csv.reader(
            file,
            delimiter=self.delimiter,
            quotechar=self.quote or '"',
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            strict=strict,
        )


def open_csv(path: Path, config: StreamConfig, delimiter: str, name: str) -> Export:
    """Open a delimited file in UTF-8.

    Raises:
        FixInput: It has no header, is no text, or (a small file) cannot be parsed.
    """
    dialect = _Dialect(config.delimiter or delimiter, config.quote)
    csv.field_size_limit(sys.maxsize)
    has_nul = _has_nul(path, name)
    with explained(path, name, is_text=True):
        found = _header(path, config, dialect, name)

    def scan() -> pl.LazyFrame:
        return _scan(path, dialect, found).with_columns(
            pl.col(ROW).cast(pl.Int64), pl.lit(name).alias(FILE)
        )

    def broken() -> str:
        return _where_broken(path, dialect)

    with explained(path, name, broken, is_text=True):
        rows = _kept(scan, path)
    return Export(
        name,
        path,
        found,
        rows,
        short_rows=lambda: _short_rows(path, dialect, found),
        broken=broken,
        has_nul=has_nul,
        is_text=True,
    )


def _scan(path: Path, dialect: _Dialect, found: Header) -> pl.LazyFrame:
    return pl.scan_csv(
        path,
        has_header=False,
        skip_lines=found.lines,
        schema=dict.fromkeys((*found.names, EXTRA), pl.String),
        separator=dialect.delimiter,
        quote_char=dialect.quote,
        # one column more than the header: what is in it is too much
        missing_columns="insert",
        truncate_ragged_lines=True,
        extra_columns="ignore",
        glob=False,
        row_index_name=ROW,
        row_index_offset=1,
    )


def _kept(scan: Callable[[], pl.LazyFrame], path: Path) -> Callable[[], pl.LazyFrame]:
    if path.stat().st_size > IN_MEMORY:
        return scan
    frame = scan().collect()
    return frame.lazy


def _header(path: Path, config: StreamConfig, dialect: _Dialect, name: str) -> Header:
    rows = max(config.header_rows, 1)
    with path.open(encoding="utf-8-sig", newline="") as file:
        for _ in range(config.skip_rows):
            file.readline()
        lines = _Counted(file)
        found = list(itertools.islice(dialect.records(lines), rows))
        if len(found) < rows or not any(found):
            raise FixInput("FILE-EMPTY", name, "the file has no header", "Export it again.")
        if config.header_rows == 0:
            return plain([""] * len(found[0]), config.skip_rows)
        return header(found, config.names_from, name, config.skip_rows + lines.feeds)


class _Counted:
    """Lines of a file, and how many line feeds they held: to Polars nothing else ends a line."""

    def __init__(self, file: Iterable[str]) -> None:
        self._file = file
        self.feeds = 0

    def __iter__(self) -> Iterator[str]:
        for line in self._file:
            self.feeds += line.count("\n")
            yield line


def _has_nul(path: Path, name: str) -> bool:
    """Whether some texts hold NUL bytes; raises `FixInput` where most do."""
    nuls = 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            # to look is four times cheaper than to count
            nuls += block.count(0) if b"\0" in block else 0
    if nuls * _NUL_SHARE > path.stat().st_size:
        raise FixInput(
            "FILE-ENCODING",
            name,
            f"{nuls} NUL bytes: this is no UTF-8 text",
            "Say its encoding, probably encoding: utf-16-le; or format: excel.",
        )
    return nuls > 0


def _where_broken(path: Path, dialect: _Dialect) -> str:
    with path.open(encoding="utf-8", newline="") as file:
        reader = dialect.records(file, strict=True)
        try:
            for _ in reader:
                pass
        except csv.Error:
            return f" at line {reader.line_num}"
    return ""


class _WithoutReturns(io.RawIOBase):
    """A file whose carriage returns are spaces: to Polars they end no record, to Arrow they do."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size).replace(b"\r", b" ")

    def close(self) -> None:
        self._file.close()
        super().close()


def _short_rows(path: Path, dialect: _Dialect, found: Header) -> list[int]:
    """Polars fills short records with nulls and cannot tell; Arrow's parser can."""
    from pyarrow import csv as arrow_csv  # type: ignore[import-untyped]  # noqa: PLC0415 (60 MB)

    rows: list[int] = []

    def note(row: arrow_csv.InvalidRow) -> str:
        if row.actual_columns < row.expected_columns:
            rows.append(row.number - found.lines)
        return "skip"

    read = arrow_csv.ReadOptions(
        # the numbers of invalid rows are known to one thread only
        use_threads=False,
        block_size=IN_MEMORY or BLOCK,
        skip_rows=found.lines,
        column_names=list(found.names),
    )
    parse = arrow_csv.ParseOptions(
        delimiter=dialect.delimiter,
        quote_char=dialect.quote or False,
        newlines_in_values=True,
        invalid_row_handler=note,
        ignore_empty_lines=False,
    )
    only = arrow_csv.ConvertOptions(include_columns=[found.names[0]])
    for _ in arrow_csv.open_csv(_WithoutReturns(path), read, parse, only):
        pass
    return rows
