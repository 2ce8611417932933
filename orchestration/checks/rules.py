"""Row rules of the raw gate, generated from the family contracts.

A rule is said twice: as the Great Expectations expectation that gives the verdict, and as the
SQL condition that finds the culprits. The gate asserts that both count the same rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from connectors.families import Column, Table, Type
from orchestration.warehouse.sql import columns, literals, quote


@dataclass(frozen=True)
class Rule:
    """One rule about rows.

    Args:
        name: Unique within the suite; what rejects and check results call it.
        reason: What is wrong with a culprit, in words.
        expectation: Name of the Great Expectations class.
        arguments: Its arguments.
        culprit: SQL condition that is true for rows that break the rule.
    """

    name: str
    reason: str
    expectation: str
    arguments: dict[str, Any]
    culprit: str


def rules_for(table: Table) -> list[Rule]:
    """Every row rule of a table's contract."""
    rules = [rule for column in table.columns for rule in _column_rules(column)]
    return [*rules, _in_time(table), *_in_scale(table), _key_unique(table)]


def _column_rules(column: Column) -> list[Rule]:
    rules = []
    name = quote(column.name)
    if column.required:
        rules.append(
            Rule(
                f"{column.name}: given",
                f"{column.name} is missing",
                "ExpectColumnValuesToNotBeNull",
                {"column": column.name},
                f"{name} is null",
            )
        )
    if column.values:
        rules.append(
            Rule(
                f"{column.name}: accepted value",
                f"{column.name} is not one of the contract's values",
                "ExpectColumnValuesToBeInSet",
                {"column": column.name, "value_set": list(column.values)},
                f"{name} not in ({literals(column.values)})",
            )
        )
    if column.type is Type.NUMBER:
        rules.append(_number(column))
    return rules


def _number(column: Column) -> Rule:
    low, high = column.between or (-1e15, 1e15)
    return Rule(
        f"{column.name}: in range",
        f"{column.name} is not a number between {low:g} and {high:g}",
        "ExpectColumnValuesToBeBetween",
        {"column": column.name, "min_value": low, "max_value": high},
        f"not ({quote(column.name)} between {low!r} and {high!r})",
    )


def _in_time(table: Table) -> Rule:
    condition = (
        f"{quote(table.happened)} not between timestamp '1970-01-02' "
        "and _loaded_at + interval 1 day"
    )
    return Rule(
        f"{table.happened}: in time",
        f"{table.happened} is before 1970 or more than a day after it was loaded",
        "UnexpectedRowsExpectation",
        {"unexpected_rows_query": f"select 1 from {{batch}} where {condition}"},
        condition,
    )


def _in_scale(table: Table) -> list[Rule]:
    """A score lies within the scale that its own row states."""
    measured = {"score", "rating"}.intersection(table.by_name)
    return [
        Rule(
            f"{name}: within its scale",
            f"{name} lies outside scale_min and scale_max of its own row",
            "UnexpectedRowsExpectation",
            {"unexpected_rows_query": f"select 1 from {{batch}} where {condition}"},
            condition,
        )
        for name in sorted(measured)
        for condition in [f"{quote(name)} not between scale_min and scale_max"]
    ]


def _key_unique(table: Table) -> Rule:
    key = ["_load_id", *table.identity]
    condition = (
        f"({columns(key)}) in (select ({columns(key)}) from new_rows "
        f"group by {columns(key)} having count(*) > 1)"
    )
    return Rule(
        "key: once in a package",
        f"the key ({', '.join(table.key)}) stands more than once in its package",
        "ExpectCompoundColumnsToBeUnique",
        {"column_list": key},
        condition,
    )
