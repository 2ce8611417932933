"""Answers that stand side by side in a row: which columns, and which question each answers."""

from __future__ import annotations

import re
from collections.abc import Iterator

import polars as pl

from connectors.errors import FixConfiguration
from connectors.families import Table
from connectors.files.columns import Columns
from connectors.files.header import Header
from connectors.files.mapping import Question, StreamConfig, Value
from connectors.files.shape import Cell

_BRACES = re.compile(r"\{([^{}]+)\}")
_READING = {"blank", "values", "otherwise", "decimal", "thousands"}
_TYPES = {"number": "rating", "text": "text", "choice": "choice"}


class Cells:
    """The answers that stand side by side, and their questions."""

    def __init__(self, config: StreamConfig, head: Header, columns: Columns) -> None:
        """Find the columns of every question; raises where the file has none of them."""
        self.columns = columns
        self._found = [
            (question, name, texts)
            for question in config.questions
            for name, texts in _matching(question, head, columns)
        ]
        self._check_apart()

    def _check_apart(self) -> None:
        taken: dict[tuple[str, str], str] = {}
        for question, name, texts in self._found:
            where = f"{self.columns.where}.questions"
            key = (_filled(question.id, texts, where), _filled(question.item, texts, where))
            other = taken.setdefault(key, name)
            if other is not name:
                raise FixConfiguration(
                    "MAP-QUESTION",
                    where,
                    f"'{other}' and '{name}' would be the same question '{key[0]}' and item",
                    'Tell them apart by item, for example item: "{column}".',
                )

    def of(self, table: Table) -> Iterator[Cell]:
        """The answer columns, typed for a table of answers."""
        for question, name, texts in self._found:
            value = Value(column=name, **question.model_dump(include=_READING))
            column = table.by_name[f"value_{question.answer}"]
            # the contract's column is shared by all questions: bounds are the metric's business
            alias = self.columns.add(value, column, f"{table.name}.{name}")
            item = _filled(question.item, texts)
            yield Cell(alias, question.answer, _filled(question.id, texts), item)

    def items(self, table: Table, given: set[str]) -> pl.DataFrame:
        """One row per question and item, with the columns that the mapping does not fill."""
        rows = [
            {
                "question_id": _filled(question.id, texts),
                "item_id": _filled(question.item, texts),
                "question_text": _filled(question.text, texts),
                "item_text": _filled(question.item_text, texts) or None,
                "question_type": question.type or _TYPES[question.answer],
                "driver": question.driver,
                "scale_min": question.scale_min,
                "scale_max": question.scale_max,
                "position": position,
            }
            for position, (question, _, texts) in enumerate(self._found, start=1)
        ]
        wanted = [c.name for c in table.own if c.name in rows[0] and c.name not in given]
        schema = pl.Schema({name: table.schema[name] for name in wanted})
        frame = pl.DataFrame(rows, schema_overrides=schema).select(wanted).cast(schema)
        return frame.unique([n for n in table.key if n in wanted], maintain_order=True)


def _matching(
    question: Question, head: Header, columns: Columns
) -> Iterator[tuple[str, dict[str, str]]]:
    if question.pattern is None:
        for name in question.columns:
            columns.need(name, "questions")
            yield name, head.texts(name) if name in head.names else {"column": name}
        return
    pattern = re.compile(question.pattern, re.DOTALL)
    found = [(name, match) for name in head.names if (match := pattern.fullmatch(name))]
    if not found:
        raise FixConfiguration(
            "MAP-PATTERN",
            f"{columns.where}.questions",
            f"no header of the file matches the pattern {question.pattern}",
            "The pattern has to match a whole header; try .* at its ends.",
        )
    for name, match in found:
        groups = {str(at): text or "" for at, text in enumerate(match.groups(), start=1)}
        yield name, {**head.texts(name), **groups}


def _filled(template: str, texts: dict[str, str], where: str = "questions") -> str:
    for name in _BRACES.findall(template):
        if name not in texts:
            raise FixConfiguration(
                "MAP-PATTERN",
                where,
                f"the header has nothing called {{{name}}}",
                f"There are: {', '.join(texts)}.",
            )
    return _BRACES.sub(lambda m: texts[m[1]], template)
