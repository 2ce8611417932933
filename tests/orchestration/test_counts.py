"""Rows are counted: DuckDB's own estimate includes those that were deleted."""

from __future__ import annotations

from house import House

from orchestration.overview import published_tables
from orchestration.publishing.versions import FILE
from orchestration.warehouse import connect
from orchestration.warehouse.counts import count_rows


def test_deleted_rows_of_a_published_table_do_not_count(house: House) -> None:
    with connect(house.settings.published / FILE) as connection:
        connection.execute("create table journeys as select i from range(1000) as t(i)")
        connection.execute("comment on table journeys is 'One row per journey. And more.'")
        connection.execute("delete from journeys where i % 3 = 0")

    assert published_tables(house.settings) == [("journeys", 666, "One row per journey")]


def test_tables_of_several_databases_and_schemas_are_counted_by_name(house: House) -> None:
    with connect(house.settings.warehouse) as connection:
        connection.execute("attach ':memory:' as release")
        connection.execute("create schema staging")
        connection.execute('create table staging."a ""b""" as select i from range(30) as t(i)')
        connection.execute("create table release.main.comments as select i from range(20) as t(i)")
        connection.execute('delete from staging."a ""b""" where i < 7')

        assert count_rows(connection, "true") == {'a "b"': 23, "comments": 20}
        assert count_rows(connection, "database_name = 'nowhere'") == {}
