"""Opens export files of every format as one thing: a header, and rows of a lazy frame."""

from __future__ import annotations

import csv
import io
import itertools
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from connectors.errors import FixConfiguration, FixInput
from connectors.files.encoding import BLOCK, as_utf8, check_utf8
from connectors.files.header import EXTRA, FILE, ROW, Header, header, plain
from connectors.files.mapping import StreamConfig

# Polars reads CSV in chunks whose size grows with the file; small ones cost no time and keep
# the peak at 450 MB instead of 660 for a file of 566 MB
os.environ.setdefault("POLARS_CSV_CHUNK_SIZE", str(4 << 20))

_FORMATS = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".xlsx": "excel",
    ".xls": "excel",
    ".xlsb": "excel",
    ".ods": "excel",
    ".parquet": "parquet",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".json": "json",
}
_NUL_SHARE = 10
_OS_ERROR = re.compile(r"os error (\d+)")
IN_MEMORY = 32 << 20
"""Smaller files are parsed once and kept; larger ones are streamed, again for each table."""


@dataclass(frozen=True)
class Export:
    """One export file, open for reading.

    Args:
        name: What messages call it.
        path: The file that is parsed: the export, or its copy in UTF-8.
        header: Its columns.
        scan: Its rows: `_row` (the record's number from 1), `_file`, then its columns. A CSV
            has `_more` too: what stood behind the last column.
        short_rows: Numbers of records that have fewer fields than the header, exactly.
        has_nul: Whether there is a NUL byte somewhere.
    """

    name: str
    path: Path
    header: Header
    scan: Callable[[], pl.LazyFrame]
    short_rows: Callable[[], list[int]]
    has_nul: bool = False


def open_export(path: Path, config: StreamConfig, work: Path, name: str) -> Export:
    """Open a file by its format.

    Raises:
        FixInput: It is empty, damaged, or not in the encoding said.
        FixConfiguration: The mapping does not say how to read it.
    """
    if path.stat().st_size == 0:
        raise FixInput("FILE-EMPTY", name, "the file is empty", "Export it again.")
    kind = config.format or _FORMATS.get(path.suffix.lower())
    if kind is None:
        raise FixConfiguration(
            "FILE-FORMAT",
            name,
            f"the ending '{path.suffix}' says nothing of the format",
            "Say it in the mapping, for example format: csv.",
        )
    with explained(path, name):
        if kind in ("csv", "tsv"):
            return _open_csv(as_utf8(path, config.encoding, work), config, kind, name)
        if kind == "excel":
            return _open_frame(*_excel(path, config), path, name)
        frame = _FRAMES[kind](path)
        return _open_frame(frame, plain(frame.collect_schema().names()), path, name)


@contextmanager
def explained(path: Path, name: str) -> Iterator[None]:
    """Turn what a parser says into a sentence without a word of the file's content."""
    try:
        yield
    except UnicodeDecodeError:
        check_utf8(path)
        raise
    except (pl.exceptions.PolarsError, csv.Error) as e:
        refusal = _OS_ERROR.search(str(e))
        if refusal:
            # Polars wraps what the disk says; the landing folder's door explains it
            raise OSError(int(refusal[1]), os.strerror(int(refusal[1]))) from None
        if path.suffix.lower() not in (".parquet", ".xlsx", ".xls", ".xlsb", ".ods"):
            check_utf8(path)
        raise FixInput(
            "FILE-DAMAGED",
            name,
            f"cannot be read ({type(e).__name__}){_where_broken(path)}",
            "Look at that place: a quotation mark inside a text must be doubled. If the file has "
            "no quoting, say quote: null.",
        ) from None


def _where_broken(path: Path) -> str:
    """The line at which a strict reader stumbles; only run when there is an error already."""
    if path.suffix.lower() not in (".csv", ".txt", ".tsv", ".tab", ".utf8"):
        return ""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file, strict=True)
        try:
            for _ in reader:
                pass
        except csv.Error:
            return f" at line {reader.line_num}"
    return ""


def _open_csv(path: Path, config: StreamConfig, kind: str, name: str) -> Export:
    delimiter = config.delimiter or ("\t" if kind == "tsv" else ",")
    found = _csv_header(path, config, delimiter, name)
    schema = dict.fromkeys((*found.names, EXTRA), pl.String)

    def scan() -> pl.LazyFrame:
        return pl.scan_csv(
            path,
            has_header=False,
            skip_lines=found.lines,
            schema=schema,
            separator=delimiter,
            quote_char=config.quote,
            missing_columns="insert",
            truncate_ragged_lines=True,
            extra_columns="ignore",
            glob=False,
            row_index_name=ROW,
            row_index_offset=1,
        ).with_columns(pl.col(ROW).cast(pl.Int64), pl.lit(name).alias(FILE))

    def short() -> list[int]:
        return _short_rows(path, config, delimiter, found)

    return Export(name, path, found, _kept(scan, path), short, has_nul=_has_nul(path, name))


def _has_nul(path: Path, name: str) -> bool:
    """Whether some texts hold NUL bytes; raises `FixInput` where most do."""
    nuls = 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            nuls += block.count(0)
    if nuls * _NUL_SHARE > path.stat().st_size:
        raise FixInput(
            "FILE-ENCODING",
            name,
            f"{nuls} NUL bytes: this is no UTF-8 text",
            "Say its encoding, probably encoding: utf-16-le; or format: excel.",
        )
    return nuls > 0


def _kept(scan: Callable[[], pl.LazyFrame], path: Path) -> Callable[[], pl.LazyFrame]:
    if path.stat().st_size > IN_MEMORY:
        return scan
    frame = scan().collect()
    return frame.lazy


def _csv_header(path: Path, config: StreamConfig, delimiter: str, name: str) -> Header:
    csv.field_size_limit(sys.maxsize)
    with path.open(encoding="utf-8-sig", newline="") as file:
        for _ in range(config.skip_rows):
            file.readline()
        reader = csv.reader(
            file,
            delimiter=delimiter,
            quotechar=config.quote or '"',
            quoting=csv.QUOTE_MINIMAL if config.quote else csv.QUOTE_NONE,
        )
        rows = list(itertools.islice(reader, max(config.header_rows, 1)))
        if len(rows) < max(config.header_rows, 1) or not any(rows):
            raise FixInput("FILE-EMPTY", name, "the file has no header", "Export it again.")
        if config.header_rows == 0:
            return plain([""] * len(rows[0]), config.skip_rows)
        return header(rows, config.names_from, name, config.skip_rows + reader.line_num)


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


def _short_rows(path: Path, config: StreamConfig, delimiter: str, found: Header) -> list[int]:
    """Polars fills short records with nulls and cannot tell; Arrow's parser can."""
    import pyarrow as pa  # type: ignore[import-untyped]  # noqa: PLC0415 (60 MB, rarely needed)
    from pyarrow import csv as arrow_csv  # noqa: PLC0415

    rows: list[int] = []

    def note(row: arrow_csv.InvalidRow) -> str:
        if row.actual_columns < row.expected_columns:
            rows.append(row.number - found.lines)
        return "skip"

    reader = arrow_csv.open_csv(
        _WithoutReturns(path),
        read_options=arrow_csv.ReadOptions(
            # the numbers of invalid rows are known to one thread only
            use_threads=False,
            block_size=max(IN_MEMORY, 1 << 20),
            skip_rows=found.lines,
            column_names=list(found.names),
        ),
        parse_options=arrow_csv.ParseOptions(
            delimiter=delimiter,
            quote_char=config.quote or False,
            newlines_in_values=True,
            invalid_row_handler=note,
            ignore_empty_lines=False,
        ),
        convert_options=arrow_csv.ConvertOptions(
            include_columns=[found.names[0]], column_types={found.names[0]: pa.binary()}
        ),
    )
    for _ in reader:
        pass
    return rows


def _excel(path: Path, config: StreamConfig) -> tuple[pl.LazyFrame, Header]:
    import fastexcel  # noqa: PLC0415 (slow to import, and few streams are Excel)

    try:
        sheet = (
            fastexcel.read_excel(path)
            .load_sheet(
                config.sheet or 0,
                header_row=None,
                skip_rows=config.skip_rows,
                dtypes="string",
                skip_whitespace_tail_rows=True,
            )
            .to_polars()
        )
    except fastexcel.FastExcelError as error:
        raise FixInput(
            "FILE-DAMAGED",
            path.name,
            f"cannot be read as a workbook ({type(error).__name__})",
            "Open and save it in Excel, or correct `sheet`.",
        ) from None
    rows = [["" if c is None else c for c in row] for row in sheet.head(config.header_rows).rows()]
    found = header(rows, config.names_from, path.name) if rows else plain([""] * sheet.width)
    return sheet.slice(config.header_rows).lazy(), found


_FRAMES: dict[str, Callable[[Path], pl.LazyFrame]] = {
    "parquet": pl.scan_parquet,
    "ndjson": lambda path: pl.read_ndjson(path, infer_schema_length=None).lazy(),
    "json": lambda path: pl.read_json(path, infer_schema_length=None).lazy(),
}


def _open_frame(frame: pl.LazyFrame, found: Header, path: Path, name: str) -> Export:
    given = frame.collect_schema().names()
    renamed = frame.rename(dict(zip(given, found.names, strict=True)))

    def scan() -> pl.LazyFrame:
        return renamed.with_row_index(ROW, offset=1).with_columns(
            pl.col(ROW).cast(pl.Int64), pl.lit(name).alias(FILE)
        )

    return Export(name, path, found, scan, list)
