from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import polars as pl

from connectors.sandbox.company import export, open_company, write_orders

Table = Callable[[str], pl.DataFrame]


def test_the_drop_folder_has_a_file_a_month_and_the_running_one_grows(
    home: Path, tmp_path: Path, table: Table
) -> None:
    first = write_orders(home, tmp_path, datetime(2024, 3, 10))
    assert [path.name for path in first][-2:] == ["orders_2024-02.csv", "orders_2024-03.csv"]
    early = (tmp_path / "orders_2024-03.csv").read_text()
    again = write_orders(home, tmp_path, datetime(2024, 4, 2))
    assert [path.name for path in again] == ["orders_2024-03.csv", "orders_2024-04.csv"]
    assert (tmp_path / "orders_2024-03.csv").read_text().startswith(early)
    rows = sum(len(pl.read_csv(path)) for path in tmp_path.glob("orders_*.csv"))
    assert rows == len(table("orders").filter(pl.col("at") <= datetime(2024, 4, 2)))
    assert write_orders(home, tmp_path, datetime(2024, 4, 2)) == []


def test_the_export_holds_each_record_once_as_it_is_at_the_end(
    home: Path, tmp_path: Path, table: Table
) -> None:
    done = export(home, tmp_path / "files")
    tickets = pl.read_ndjson(tmp_path / "files" / "tickets.ndjson", infer_schema_length=None)
    assert len(tickets) == tickets["id"].n_unique() == table("zendesk_tickets")["id"].n_unique()
    orders = [path for path in (tmp_path / "files").iterdir() if path.name.startswith("orders_")]
    assert len(orders) == 36
    assert sum(done.rows[path.name] for path in orders) == len(table("orders"))
    with (tmp_path / "files" / "survey_delivery.csv").open(encoding="utf-8") as file:
        answers = list(csv.DictReader(file))
    assert {row["QID1"] for row in answers} <= {str(score) for score in range(11)}
    assert any(row["QID2_TEXT"] for row in answers)
    deleted = table("qualtrics_responses").filter("deleted")["response_id"]
    assert not {row["response_id"] for row in answers} & set(deleted)


def test_an_export_without_a_home_is_the_same_as_one_of_a_home(home: Path, tmp_path: Path) -> None:
    from_home = export(home, tmp_path / "a")
    lived = export(open_company(home).config, tmp_path / "b")
    assert from_home.rows == lived.rows
    for name in from_home.rows:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
