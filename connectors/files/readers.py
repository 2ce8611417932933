"""Opens export files of every format as one thing: a header, and rows of a lazy frame."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl

from connectors.errors import FixConfiguration, FixInput
from connectors.files.delimited import open_csv
from connectors.files.encoding import as_utf8
from connectors.files.export import Export, explained
from connectors.files.header import FILE, ROW, Header, header, plain
from connectors.files.mapping import StreamConfig

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
_DELIMITERS = {"csv": ",", "tsv": "\t"}


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
    if kind in _DELIMITERS:
        return open_csv(as_utf8(path, config.encoding, work), config, _DELIMITERS[kind], name)
    with explained(path, name, is_text=kind in ("json", "ndjson")):
        if kind == "excel":
            return _open_frame(*_excel(path, config), path, name)
        frame = _FRAMES[kind](path)
        return _open_frame(frame, plain(frame.collect_schema().names()), path, name)


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

    return Export(name, path, found, scan)
