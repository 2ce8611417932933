"""One export file, open for reading, whatever its format."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from connectors.errors import FixInput
from connectors.files.encoding import check_utf8
from connectors.files.header import Header

_OS_ERROR = re.compile(r"os error (\d+)")


def _nowhere() -> str:
    return ""


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
        broken: Says where a strict reader stumbles, if there is an error already.
        has_nul: Whether there is a NUL byte somewhere.
        is_text: Whether an error may come from its encoding.
    """

    name: str
    path: Path
    header: Header
    scan: Callable[[], pl.LazyFrame]
    short_rows: Callable[[], list[int]] = list
    broken: Callable[[], str] = _nowhere
    has_nul: bool = False
    is_text: bool = False

    @contextmanager
    def explained(self) -> Iterator[None]:
        """As the function `explained`, for this file."""
        with explained(self.path, self.name, self.broken, is_text=self.is_text):
            yield


@contextmanager
def explained(
    path: Path, name: str, broken: Callable[[], str] = _nowhere, *, is_text: bool
) -> Iterator[None]:
    """Turn what a parser says into a sentence without a word of the file's content.

    Raises:
        FixInput: The parser gave up.
        OSError: What the disk said, which Polars had wrapped.
    """
    try:
        yield
    except UnicodeDecodeError:
        check_utf8(path)
        raise
    except (pl.exceptions.PolarsError, csv.Error) as error:
        refusal = _OS_ERROR.search(str(error))
        if refusal:
            raise OSError(int(refusal[1]), os.strerror(int(refusal[1]))) from None
        if is_text:
            check_utf8(path)
        raise FixInput(
            "FILE-DAMAGED",
            name,
            f"cannot be read ({type(error).__name__}){broken()}",
            "Look at that place: a quotation mark inside a text must be doubled. If the file has "
            "no quoting, say quote: null.",
        ) from None
