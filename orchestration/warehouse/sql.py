"""Names and values as SQL text, for statements that take no bound values.

DuckDB's client imports pandas at the first bound value (0.4 s and 85 MB), so short commands
and the loader write their literals themselves; this is the only place where that is done.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime


def quote(name: str) -> str:
    """An SQL identifier, quoted."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """An SQL string literal."""
    return "'" + value.replace("'", "''") + "'"


def literals(values: Iterable[str]) -> str:
    """SQL string literals, separated by commas."""
    return ", ".join(literal(value) for value in values)


def timestamp(at: datetime) -> str:
    """An SQL timestamp literal, microseconds; `at` is naive UTC."""
    return f"timestamp {literal(at.isoformat(sep=' ', timespec='microseconds'))}"


def columns(names: Iterable[str]) -> str:
    """Quoted identifiers, separated by commas."""
    return ", ".join(quote(name) for name in names)


def utc_now() -> str:
    """The time now as an SQL timestamp literal; DuckDB's own `now()` casts to local time."""
    return timestamp(datetime.now(UTC).replace(tzinfo=None))
