"""What the header of an export says: names of columns, questions, items, import ids."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from difflib import get_close_matches

from connectors.errors import FixConfiguration, FixInput

ROW = "_row"
FILE = "_file"
ROOT = "_root"
IS_ROOT = "_is_root"
EXTRA = "_more"
VIRTUAL = (ROW, FILE, ROOT, IS_ROOT)

_WHOLE_QUESTION = ("", "response", "open-ended response")


@dataclass(frozen=True)
class Header:
    """The columns of one file. All tuples are as long as `names`."""

    names: tuple[str, ...]
    questions: tuple[str, ...]
    items: tuple[str, ...]
    import_ids: tuple[str, ...]
    lines: int = field(default=0)
    """Physical lines of the file above the first record."""

    def texts(self, name: str) -> dict[str, str]:
        """What templates may take from the header of one column."""
        at = self.names.index(name)
        return {
            "column": name,
            "question": self.questions[at],
            "item": self.items[at],
            "import_id": self.import_ids[at],
        }


def plain(names: list[str], lines: int = 0) -> Header:
    """Header of a file with one row of names, or of a format that has names by itself."""
    unique = _unique(names)
    empty = ("",) * len(unique)
    return Header(unique, unique, empty, empty, lines)


def header(rows: list[list[str]], names_from: int, path: str, lines: int = 0) -> Header:
    """Build the header out of its rows, as many as the stream says that there are."""
    width = max(len(row) for row in rows)
    rows = [[*(cell.strip() for cell in row), *[""] * (width - len(row))] for row in rows]
    if len(rows) == 1:
        return plain(rows[0], lines)
    if len(rows) == 2:  # noqa: PLR2004 (SurveyMonkey's two rows)
        return _question_and_item(rows, lines)
    ids = tuple(_import_id(cell, path) for cell in rows[2])
    names = list(ids) if names_from == len(rows) else rows[names_from - 1]
    return Header(_unique(names), tuple(rows[1]), ("",) * width, ids, lines)


def missing(name: str, names: list[str], where: str) -> FixInput:
    """The sentence about a column that the file does not have."""
    near = get_close_matches(name, names, n=3, cutoff=0.5)
    if near:
        remedy = "Did you mean " + " or ".join(f"'{n}'" for n in near) + "?"
    elif len(names) == 1:
        remedy = "The whole header is one column: is `delimiter` right?"
    else:
        remedy = f"The file has {len(names)} columns, the first are: {', '.join(names[:8])}."
    return FixInput("FILE-COLUMN", where, f"the file has no column '{name}'", remedy)


def _question_and_item(rows: list[list[str]], lines: int) -> Header:
    questions: list[str] = []
    for top, below in zip(*rows, strict=True):
        questions.append(top if top or not below or not questions else questions[-1])
    items = tuple("" if cell.lower() in _WHOLE_QUESTION else cell for cell in rows[1])
    names = [f"{q} | {i}" if i else q for q, i in zip(questions, items, strict=True)]
    return Header(_unique(names), tuple(questions), items, ("",) * len(names), lines)


def _import_id(cell: str, path: str) -> str:
    try:
        return str(json.loads(cell)["ImportId"])
    except (ValueError, KeyError, TypeError) as error:
        raise FixConfiguration(
            "FILE-HEADER",
            path,
            "the third header row is not Qualtrics' row of ImportIds",
            "Set header_rows to the number of rows that this export has.",
        ) from error


def _unique(names: list[str]) -> tuple[str, ...]:
    """Trim names, name blank ones by their place, number those that repeat."""
    named = [name.strip() or f"column_{at}" for at, name in enumerate(names, start=1)]
    taken = set(named) | {*VIRTUAL, EXTRA}
    seen = Counter[str](dict.fromkeys((*VIRTUAL, EXTRA), 1))
    unique: list[str] = []
    for name in named:
        seen[name] += 1
        fresh = name
        while seen[name] > 1 and fresh in taken:
            fresh = f"{name}_{seen[name]}"
            seen[name] += fresh in taken
        taken.add(fresh)
        unique.append(fresh)
    return tuple(unique)
