"""Only totals are shown as totals, whatever dimensions and grains the file has."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest
from published import DIMENSIONS, Published, measure, months, publish

from orchestration.publishing.versions import FILE
from orchestration.report import facts
from orchestration.report.totals import totals
from orchestration.warehouse import connect

OLD = {"period_grain", "source", "touchpoint", "segment"}
NEW = OLD | {"stage", "channel", "account_id"}
MORE = {"metrics": dict.fromkeys(["stage", "channel", "account_id"], "varchar")}


@pytest.mark.parametrize("columns", [OLD, NEW])
def test_every_dimension_that_is_there_is_held_at_all(columns: set[str]) -> None:
    condition = totals(columns, ["month"], ["touchpoint"])

    for name in DIMENSIONS:
        is_held = name in columns and name != "touchpoint"
        assert (f"{name} = 'all'" in condition) == is_held
    assert "period_grain in ('month')" in condition


def crowded(published: Published) -> None:
    """One total, and a row of each finer cut and of each other grain."""
    month = months(1)[0]
    rows = [measure("nps", month, 20.0)]
    names = {
        c
        for (c,) in published.rows(
            "select column_name from duckdb_columns() where table_name = 'metrics'"
        )
    }
    rows += [measure("nps", month, 99.0) | {name: "one"} for name in DIMENSIONS if name in names]
    rows += [measure("nps", month, 99.0) | {"period_grain": g} for g in ("week", "quarter", "all")]
    for row in rows:
        published.add("metrics", [row])


@pytest.mark.parametrize("more", [{}, MORE], ids=["without new columns", "with new columns"])
def test_a_total_is_one_row_among_all_cuts_and_grains(
    tmp_path: Path, more: dict[str, dict[str, str]]
) -> None:
    published = publish(tmp_path, more=more)
    crowded(published)

    with connect(published.folder / FILE, read_only=True) as connection:
        known = facts.read(connection)
        found = connection.execute(
            f"select value from metrics where metric = 'nps' and {known.totals('month')}"
        ).fetchall()
        places = connection.execute(
            f"select touchpoint from metrics where {known.totals('month', by=('touchpoint',))} "
            "order by touchpoint"
        ).fetchall()

    assert found == [(20.0,)]
    assert places == [("all",), ("one",)]


def test_no_query_reads_metrics_without_the_filter() -> None:
    """Whoever writes another figure must not forget it."""
    folder = Path(facts.__file__).parent
    for path in folder.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for part in text.split("from metrics\n")[1:]:
            assert re.search(r"\{(.+\.)?totals\b", part[:120]), path.name


def test_the_filter_is_sql(tmp_path: Path) -> None:
    published = publish(tmp_path)
    with duckdb.connect(published.folder / FILE) as db:
        db.execute(f"select * from metrics where {totals(OLD, ['month', 'all'])}")
