"""Addresses of an erased person in what others wrote."""

from __future__ import annotations

import re
from collections.abc import Iterable

import polars as pl

from connectors.families import Privacy, Table

MASK = "[erased]"

# an address inside a longer one is somebody else's
_BEFORE = r"(^|[^\w.%+-])"
_AFTER = r"\b"


def text_columns(table: Table) -> list[str]:
    """Columns of a table in which anybody may be spoken of."""
    classes = (Privacy.PERSONAL, Privacy.FREE_TEXT)
    return [c.name for c in table.columns if c.privacy in classes]


class Addresses:
    """E-mail addresses and phone numbers as they are written, in any case.

    `pattern` and `replacement` are regular expressions that RE2 understands too.

    Args:
        written: The addresses. None of them masks nothing.
    """

    def __init__(self, written: Iterable[str]) -> None:
        """Compile what is looked for."""
        self.written = frozenset(address.strip().lower() for address in written)
        either = "|".join(re.escape(a) for a in sorted(self.written, key=len, reverse=True))
        self.pattern = f"(?i){_BEFORE}(?:{either}){_AFTER}"
        self.replacement = rf"\1{MASK}"
        self._bytes = re.compile(self.pattern.encode())
        self._plain = [address.encode() for address in self.written]

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.written)

    def found(self, text: pl.Expr) -> pl.Expr:
        """Whether a text has one; false where there is no text."""
        return text.str.contains(self.pattern).fill_null(value=False)

    def masked(self, text: pl.Expr) -> pl.Expr:
        """The text with each of them as `[erased]`."""
        return text.str.replace_all(self.pattern, f"${{1}}{MASK}")

    def are_in(self, line: bytes) -> bool:
        """Whether a raw record holds one."""
        small = line.lower()
        return any(address in small for address in self._plain)

    def masked_line(self, line: bytes) -> bytes:
        """A raw record with each of them as `[erased]`."""
        return self._bytes.sub(self.replacement.encode(), line)
