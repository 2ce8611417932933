"""How commands speak: data to stdout, talk to stderr, JSON on request."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

Json = Annotated[bool, typer.Option("--json", help="Machine-readable output on stdout.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say only what went wrong.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say each step.")]

HIGHEST_PORT = 65_535

_BLOCKS_FROM = 4
"""Columns from which a table that does not fit is shown row by row."""

_PLAIN = ("_id", "_hash", "_build")
"""Ends of the names of columns whose numbers are names."""

_WIDE = 10_000
"""Columns of output that no person's terminal cuts: a file or a pipe."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""What a terminal takes for a command, but lines and tabs; Rich drops carriage returns."""


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to `main`: Rich would end the program as failed."""
        raise BrokenPipeError


# the streams as they were at the start: a run redirects the talk of the libraries it calls
_out = _Console(
    file=sys.stdout,
    highlight=False,
    soft_wrap=True,
    width=None if sys.stdout.isatty() else _WIDE,
)
_err = Console(file=sys.stderr, highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """A line of talk, to stderr."""
    _err.print(_visible(text), markup=False)


def show(text: str = "") -> None:
    """A line of data, to stdout."""
    _out.print(_visible(text), markup=False)


def show_json(value: Any) -> None:  # noqa: ANN401 - whatever JSON can hold
    """A value as JSON, to stdout."""
    _write(json.dumps(value, indent=2, default=str) + "\n")


def show_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table, to stdout; numbers stand right. Too wide for the terminal: a block per row."""
    columns = [_visible(name) for name in columns]
    cells = [
        [_visible(_cell(name, value)) for name, value in zip(columns, row, strict=True)]
        for row in rows
    ]
    width = sum(
        2 + max(len(line) for cell in (name, *column) for line in cell.split("\n"))
        for name, column in zip(columns, zip(*cells, strict=True), strict=False)
    )
    if title:
        show(title)
    if width > _out.width and len(columns) > _BLOCKS_FROM:
        _show_blocks(columns, cells)
        return
    table = Table(box=None, pad_edge=False)
    for index, name in enumerate(columns):
        numeric = bool(cells) and all(_is_number(row[index]) for row in cells)
        last = index == len(columns) - 1
        table.add_column(
            Text(name), justify="right" if numeric else "left", no_wrap=not last, overflow="fold"
        )
    for row in cells:
        table.add_row(*(Text(cell) for cell in row))
    with _out.capture() as told:
        _out.print(table)
    # Rich fills every line up to the longest cell of the last column
    _write("".join(f"{line.rstrip()}\n" for line in told.get().splitlines()))


def _write(text: str) -> None:
    """Text to stdout; that its reader has seen enough is found out here, not when Python ends."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # with its number, Click would end the program as failed
        raise BrokenPipeError from None


def _show_blocks(columns: Sequence[str], rows: list[list[str]]) -> None:
    name_width = max(len(column) for column in columns)
    for number, row in enumerate(rows, 1):
        show(f"-- row {number}")
        for name, cell in zip(columns, row, strict=True):
            show(f"{name:<{name_width}}  {cell}")


def is_terminal() -> bool:
    """Whether a person is watching stderr."""
    return _err.is_terminal


def console() -> Console:
    """The console that talk goes to."""
    return _err


def _visible(text: str) -> str:
    """A text whose control characters can be read, and do nothing: customers write them too."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def _cell(column: str, value: object) -> str:
    """A value as text; what is counted has separators, what is pasted elsewhere has none."""
    if value is None:
        return ""
    if not isinstance(value, int) or isinstance(value, bool) or column.endswith(_PLAIN):
        return str(value)
    return f"{value:,}"


def _is_number(cell: str) -> bool:
    return cell.replace(",", "").replace(".", "").removeprefix("-").isdigit() or not cell
