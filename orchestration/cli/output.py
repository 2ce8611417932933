"""How commands speak: data to stdout, talk to stderr, JSON on request."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

Json = Annotated[bool, typer.Option("--json", help="Machine-readable output on stdout.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say only what went wrong.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say each step.")]

_out = Console(highlight=False, soft_wrap=True)
_err = Console(stderr=True, highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """A line of talk, to stderr."""
    _err.print(text, markup=False)


def show(text: str = "") -> None:
    """A line of data, to stdout."""
    _out.print(text, markup=False)


def show_json(value: Any) -> None:  # noqa: ANN401 - whatever JSON can hold
    """A value as JSON, to stdout."""
    sys.stdout.write(json.dumps(value, indent=2, default=str) + "\n")


def show_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table, to stdout; numbers stand right."""
    rows = [list(row) for row in rows]
    table = Table(
        title=title or None, title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0)
    )
    for index, column in enumerate(columns):
        numeric = all(isinstance(row[index], (int, float)) for row in rows) and rows
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    _out.print(table, markup=False)


def is_terminal() -> bool:
    """Whether a person is watching stderr."""
    return _err.is_terminal


def console() -> Console:
    """The console that talk goes to."""
    return _err


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
