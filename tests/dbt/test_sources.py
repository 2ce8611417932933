from __future__ import annotations

import re

import pytest
from warehouse import PROJECT

from connectors.families import TABLES, Table
from orchestration.dbt import sources as dbt_sources


def test_the_committed_sources_are_those_of_the_contracts() -> None:
    assert dbt_sources.PATH.read_text() == dbt_sources.render()


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_staging_carries_every_column_of_the_contract(table: Table) -> None:
    sql = (PROJECT / "models" / "staging" / f"stg_{table.name}.sql").read_text()
    selected = re.findall(r"^    (\w+)(?: as \w+)?,?$", sql, flags=re.MULTILINE)

    assert {column.name for column in table.columns} <= set(selected)
    assert f"{list(table.identity)}, '{table.cursor}'" in sql
