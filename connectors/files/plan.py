"""Decides, before a row is read, what a file's columns become: the mapping meets the contract."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches

import polars as pl

from connectors.errors import FixConfiguration
from connectors.families import FAMILIES, Table
from connectors.files import values
from connectors.files.columns import Columns
from connectors.files.header import Header
from connectors.files.mapping import Conditions, StreamConfig, TableMapping, Value
from connectors.files.questions import Cells
from connectors.files.shape import Output
from connectors.files.values import Problem
from connectors.landing import Origin

_QUESTIONS = ("survey_questions", "pulse_questions")
_ANSWERS = ("survey_answers", "pulse_answers")


@dataclass(frozen=True)
class Plan:
    """What is done with every row of one file."""

    outputs: tuple[Output, ...]
    steps: tuple[list[pl.Expr], ...]
    problems: tuple[Problem, ...]
    happened: str | None

    @property
    def keys(self) -> list[tuple[tuple[str, ...], pl.Expr | None]]:
        """Groups of columns that must be unique in the file, each once."""
        found: dict[tuple[str, ...], pl.Expr | None] = {}
        for output in self.outputs:
            if output.row_key and (output.row_key not in found or output.keep is None):
                found[output.row_key] = output.keep
        return list(found.items())


def check(config: StreamConfig, origin: Origin) -> None:
    """Refuse a mapping that names tables or columns which the family does not have.

    Raises:
        FixConfiguration: Names the culprit and what was expected.
    """
    family = FAMILIES[origin.family]
    tables = {table.name: table for table in family.tables}
    for name, table, mapping in _mappings(config, tables, origin):
        for column in mapping.columns:
            if column not in table.by_name or column in _GIVEN:
                known = [c.name for c in table.own]
                raise _unknown(f"{origin}.{name}", column, known, f"the contract of {name}")
        _check_respondent(config, table, mapping, origin)
    everywhere = {c.name for name in config.tables for c in tables[name].own}
    for column in config.columns:
        if column not in everywhere:
            raise _unknown(f"{origin}.columns", column, list(everywhere), "none of its tables")


_GIVEN = ("source", "attributes", "_load_id")


def plan(config: StreamConfig, origin: Origin, head: Header, columns: Columns) -> Plan:
    """Compile the mapping for a file of this header.

    Raises:
        FixInput: The file lacks a column that the mapping names.
        FixConfiguration: The mapping does not fit the contract.
    """
    check(config, origin)
    tables = {table.name: table for table in FAMILIES[origin.family].tables}
    wanted = [*_conditions(config.where, config.unless, columns)]
    cells = Cells(config, head, columns)
    outputs = [
        _output(table, mapping, config, cells)
        for _, table, mapping in _mappings(config, tables, origin)
    ]
    outputs = _with_attributes(outputs, config, origin, columns)
    problems = [*wanted, *columns.problems, *_nowhere(outputs)]
    steps = (_cleaned(config, columns), *columns.steps)
    return Plan(tuple(outputs), steps, tuple(problems), _happened(outputs))


def _mappings(
    config: StreamConfig, tables: dict[str, Table], origin: Origin
) -> Iterator[tuple[str, Table, TableMapping]]:
    for name, mappings in config.tables.items():
        if name not in tables:
            raise _unknown(f"{origin}.tables", name, list(tables), f"the family {origin.family}")
        for mapping in mappings if isinstance(mappings, list) else [mappings]:
            yield name, tables[name], mapping


def _unknown(where: str, name: str, known: list[str], what: str) -> FixConfiguration:
    near = get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(known)}."
    return FixConfiguration("MAP-COLUMN", f"{where}.{name}", f"{what} has no such name", hint)


def _check_respondent(
    config: StreamConfig, table: Table, mapping: TableMapping, origin: Origin
) -> None:
    name = "respondent_hash"
    given = {**config.columns, **mapping.columns}.get(name)
    if name in table.by_name and (not isinstance(given, Value) or given.hash is None):
        raise FixConfiguration(
            "MAP-RESPONDENT",
            f"{origin}.{table.name}.{name}",
            "an employee may only be landed as a keyed hash",
            "Say respondent_hash: {hash: <the column that names the respondent>}.",
        )


def _output(table: Table, mapping: TableMapping, config: StreamConfig, cells: Cells) -> Output:
    name, columns = table.name, cells.columns
    shared = {c: v for c, v in config.columns.items() if c in table.by_name}
    given = {**shared, **mapping.columns}
    spread = bool(config.questions) and "question_id" not in given
    keep = _keep(mapping, columns)
    with columns.within(keep, f"{mapping.where} {mapping.unless}"):
        typed = {
            column: columns.add(value, table.by_name[column], f"{name}.{column}")
            for column, value in given.items()
        }
    output = Output(
        table=table,
        columns=typed,
        keep=keep,
        one_per_key=mapping.one_per_key,
        cells=tuple(cells.of(table)) if spread and name in _ANSWERS else (),
        items=cells.items(table, set(given)) if spread and name in _QUESTIONS else None,
    )
    _check_required(output, columns)
    if output.items is not None:
        return replace(output, one_per_key="first")
    return output


def _check_required(output: Output, columns: Columns) -> None:
    for column in output.table.own:
        if column.required and column.name not in output.schema:
            raise FixConfiguration(
                "MAP-REQUIRED",
                f"{columns.where}.{output.table.name}.{column.name}",
                "the contract requires this column and the mapping does not fill it",
                "Map it from a column of the export, or give it a constant.",
            )


def _conditions(where: Conditions, unless: Conditions, columns: Columns) -> Iterator[Problem]:
    for name, allowed in where.items():
        yield Problem(name, f"left out by where: {name}", ~_is_in(name, allowed, columns))
    for name, refused in unless.items():
        yield Problem(name, f"left out by unless: {name}", _is_in(name, refused, columns))


def _is_in(name: str, texts: list[str], columns: Columns) -> pl.Expr:
    cell = values.text(columns.need(name, "where"), columns.schema[name])
    return cell.fill_null("").str.strip_chars(values.SPACE).is_in(texts)


def _keep(mapping: TableMapping, columns: Columns) -> pl.Expr | None:
    rules = [~problem.bad for problem in _conditions(mapping.where, mapping.unless, columns)]
    return pl.all_horizontal(rules) if rules else None


def _nowhere(outputs: list[Output]) -> Iterator[Problem]:
    kept = [output.keep for output in outputs if output.keep is not None]
    if len(kept) == len(outputs):
        yield Problem("", "left out by where of every table", ~pl.any_horizontal(kept))


def _with_attributes(
    outputs: list[Output], config: StreamConfig, origin: Origin, columns: Columns
) -> list[Output]:
    wanted = config.attributes or ("none" if origin.family == "workforce" else "all")
    if wanted == "none":
        return outputs
    if wanted == "all":
        names = [n for n in columns.own if n not in columns.used]
    else:
        names = [columns.need(name, "attributes") for name in wanted]
    plain = [o for o in outputs if not o.one_per_key and not o.cells and o.items is None]
    taker = (plain or [o for o in outputs if o.items is None] or outputs)[0]
    if not names:
        return outputs
    columns.used.update(names)
    as_json = _json({name: values.text(name, columns.schema[name]) for name in names})
    return [replace(o, attributes=as_json) if o is taker else o for o in outputs]


def _json(cells: dict[str, pl.Expr]) -> pl.Expr:
    """A JSON object of the cells that are not blank."""
    parts = []
    for name, cell in cells.items():
        body = pl.struct(values.without(cell, []).alias(name)).struct.json_encode()
        parts.append(
            pl.when(values.without(cell, []).is_not_null()).then(
                body.str.slice(1, body.str.len_chars() - 2)
            )
        )
    return pl.format("{{{}}}", pl.concat_str(parts, separator=",", ignore_nulls=True))


def _cleaned(config: StreamConfig, columns: Columns) -> list[pl.Expr]:
    """The stream's own blanks, taken out of every text column that is used."""
    if not config.blank:
        return []
    return [
        values.without(pl.col(name), config.blank).alias(name)
        for name in columns.own
        if columns.schema[name] == pl.String and name in columns.used
    ]


def _happened(outputs: list[Output]) -> str | None:
    for output in outputs:
        if output.table.happened in output.columns:
            return output.columns[output.table.happened]
    return None
