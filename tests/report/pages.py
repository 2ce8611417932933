"""Reads what a page shows: each figure's query, and the values that stand on the page."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path


@dataclass
class Shown:
    """A figure as it stands on a page."""

    name: str = ""
    query: str = ""
    rows: list[list[str]] = field(default_factory=list)
    """Exact values of its table of numbers; of a list, of the list."""
    comments: list[str] = field(default_factory=list)
    text: str = ""
    pictures: int = 0
    is_empty: bool = False


class _Reader(HTMLParser):
    """Collects figures; a table counts if its cells carry values of the query."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Shown] = []
        self._open: list[tuple[str, dict[str, str | None]]] = []
        self._cell: str | None = None
        self._exact: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        kind = named.get("class") or ""
        if tag not in {"meta", "input", "br", "img", "path", "line", "rect"}:
            self._open.append((tag, named))
        if tag == "section" and kind == "figure":
            self.found.append(Shown())
        if not self.found:
            return
        here = self.found[-1]
        if tag == "h2" and named.get("id"):
            here.name = str(named["id"]).removesuffix("-title")
        here.is_empty |= tag == "p" and kind == "empty"
        here.pictures += tag == "svg"
        if tag == "tr" and self._in_numbers():
            here.rows.append([])
        if tag == "td" and self._in_numbers():
            self._cell, self._exact = "", named.get("data-v")
        if tag == "bdi" and "whole" in kind:
            here.comments.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "td" and self._cell is not None:
            value = self._cell if self._exact is None else self._exact
            self.found[-1].rows[-1].append(value)
            self._cell = None
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not self.found or not self._open:
            return
        here, (tag, named) = self.found[-1], self._open[-1]
        if tag == "code" and self._inside("details"):
            here.query += data
        if self._cell is not None:
            self._cell += data
        if tag == "bdi" and "whole" in (named.get("class") or ""):
            here.comments[-1] += data
        here.text += data

    def _inside(self, tag: str) -> bool:
        return any(name == tag for name, _ in self._open)

    def _in_numbers(self) -> bool:
        """In a table that is made by `drawings.table`: it has no class."""
        return any(name == "table" and not named.get("class") for name, named in self._open)


def read(path: Path) -> list[Shown]:
    """The figures of a page."""
    reader = _Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    for figure in reader.found:
        figure.rows = [row for row in figure.rows if row]
    return [figure for figure in reader.found if figure.name]
