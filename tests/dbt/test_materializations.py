"""How models are made in DuckDB: by this project's materializations as by dbt-duckdb's own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt_process import PROJECT, dbt_process

pytestmark = pytest.mark.slow

MATERIALIZATIONS = PROJECT / "macros" / "materializations"
PROFILE = {
    "small": {
        "target": "test",
        "outputs": {
            "test": {"type": "duckdb", "path": "{{ env_var('SMALL_FILE') }}", "threads": 1}
        },
    }
}
SETTINGS = {"name": "small", "profile": "small", "config-version": 2, "macro-paths": ["macros"]}
YML = {
    "models": [
        {
            "name": "answers",
            "description": "One row per answer.",
            "columns": [
                {"name": "id", "data_type": "integer", "description": "Of the answer."},
                {
                    "name": "order",
                    "data_type": "integer",
                    "quote": True,
                    "description": "It's one.",
                },
            ],
        }
    ]
}


@dataclass
class Small:
    """A dbt project of one model, `answers`."""

    folder: Path

    def build(self, sql: str, *arguments: str, **config: object) -> bool:
        """Build the model of this query; whether that succeeded."""
        settings = ", ".join(f"{name}={value!r}" for name, value in config.items())
        model = self.folder / "models" / "answers.sql"
        model.write_text(f"{{{{ config({settings}) }}}} {sql}", encoding="utf-8")
        arguments = (
            "run",
            "--project-dir",
            str(self.folder),
            "--profiles-dir",
            str(self.folder),
            *arguments,
        )
        environment = {
            "SMALL_FILE": str(self.file),
            "DBT_TARGET_PATH": str(self.folder / "target"),
            "DBT_LOG_LEVEL_FILE": "none",
            "DBT_LOG_PATH": str(self.folder / "logs"),
            "DBT_WRITE_JSON": "False",
        }
        succeeded, self.said = dbt_process().run(list(arguments), environment)
        return succeeded

    @property
    def file(self) -> Path:
        return self.folder / "small.duckdb"

    def rows(self, query: str = "select * from answers order by all") -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.file), read_only=True) as db:
            return db.sql(query).fetchall()

    def relations(self) -> list[tuple[str, str]]:
        """The names and kinds of all that is there."""
        return self.rows(
            "select table_name, table_type from information_schema.tables order by all"
        )


@pytest.fixture(scope="module", params=["ours", "dbt-duckdb's"])
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with these materializations or with those of dbt-duckdb; parsed once for all."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "models").mkdir()
    if request.param == "ours":
        shutil.copytree(MATERIALIZATIONS, folder / "macros")
    for name, content in (("dbt_project.yml", SETTINGS), ("profiles.yml", PROFILE)):
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    return folder


@pytest.fixture
def small(project: Path) -> Small:
    """The project, with nothing built yet."""
    for file in project.glob("small.duckdb*"):
        file.unlink()
    return Small(project)


@pytest.mark.parametrize("kind", ["table", "view"])
def test_a_model_is_made_anew_under_its_name_and_nothing_stays_beside_it(
    small: Small, kind: str
) -> None:
    for number in (1, 2):
        assert small.build(f"select {number} as id", materialized=kind), small.said

        assert small.rows() == [(number,)]
        assert small.relations() == [("answers", "BASE TABLE" if kind == "table" else "VIEW")]


@pytest.mark.parametrize("kind", ["table", "incremental"])
def test_a_model_that_fails_leaves_what_was_there(small: Small, kind: str) -> None:
    config = {"materialized": kind} | ({"unique_key": "id"} if kind == "incremental" else {})
    small.build("select 1 as id", **config)

    # what fails is a row behind many that were made
    failing = "select case when n < 9000 then n else error('no') end as id from range(9999) as t(n)"
    assert not small.build(failing, "--full-refresh", **config)

    assert small.rows() == [(1,)]
    assert small.relations() == [("answers", "BASE TABLE")]
    assert small.build("select 2 as id", "--full-refresh", **config), small.said
    assert small.rows() == [(2,)]


def test_a_model_may_become_of_another_kind(small: Small) -> None:
    kinds = ["view", "table", "view", "incremental", "view"]
    for number, kind in enumerate(kinds):
        key = {"unique_key": "id"} if kind == "incremental" else {}
        assert small.build(f"select {number} as id", materialized=kind, **key), small.said

        assert small.rows() == [(number,)]
        assert small.relations() == [("answers", "VIEW" if kind == "view" else "BASE TABLE")]


@pytest.fixture
def increment(small: Small) -> Callable[[str], bool]:
    """Builds the incremental model of a query."""

    def build(sql: str, *arguments: str) -> bool:
        return small.build(
            sql,
            *arguments,
            materialized="incremental",
            unique_key="id",
            on_schema_change="append_new_columns",
        )

    return build


def test_an_increment_replaces_the_rows_of_its_keys(
    small: Small, increment: Callable[[str], bool]
) -> None:
    assert increment("select 1 as id, 'old' as word union all select 2, 'old'")
    assert increment("select 2 as id, 'new' as word union all select 3, 'new'"), small.said

    assert small.rows() == [(1, "old"), (2, "new"), (3, "new")]
    assert small.relations() == [("answers", "BASE TABLE")]


def test_an_increment_that_fails_changes_nothing(
    small: Small, increment: Callable[[str], bool]
) -> None:
    increment("select 1 as id, 1 as size")

    # it is the insert that fails, after the rows of its keys were deleted
    assert not increment("select 1 as id, 'large' as size")

    assert small.rows() == [(1, 1)]
    assert increment("select 1 as id, 2 as size"), small.said
    assert small.rows() == [(1, 2)]


def test_a_column_that_a_model_got_since_is_added_and_one_that_it_lost_stays(
    small: Small, increment: Callable[[str], bool]
) -> None:
    increment("select 1 as id, 'one' as word")
    assert increment("select 2 as id, date '2026-11-01' as day"), small.said

    assert small.rows("select id, word, cast(day as varchar) from answers order by id") == [
        (1, "one", None),
        (2, None, "2026-11-01"),
    ]


def test_another_change_of_columns_is_as_the_model_says(small: Small) -> None:
    config = {"materialized": "incremental", "unique_key": "id"}
    small.build("select 1 as id", **config)

    more = "select 2 as id, 'two' as word"
    assert not small.build(more, on_schema_change="fail", **config)
    assert "out of sync" in small.said
    assert not small.build("select 'two' as word", on_schema_change="ignore", **config)
    assert small.rows() == [(1,)]
    assert small.build(more, on_schema_change="ignore", **config), small.said
    assert small.rows() == [(1,), (2,)]
    assert small.build(more, on_schema_change="sync_all_columns", **config), small.said
    assert small.rows() == [(1, None), (2, "two")]


def test_an_increment_deletes_only_where_its_predicates_hold(small: Small) -> None:
    config = {"materialized": "incremental", "unique_key": "id"}
    small.build("select 1 as id, 'old' as word", **config)

    again = {"incremental_predicates": ["word <> 'old'"]}
    assert small.build("select 1 as id, 'new' as word", **config, **again), small.said

    assert small.rows() == [(1, "new"), (1, "old")]


@pytest.mark.parametrize("kind", ["table", "incremental"])
def test_a_model_with_a_contract_says_what_its_columns_are(small: Small, kind: str) -> None:
    described = small.folder / "models" / "answers.yml"
    described.write_text(json.dumps(YML), encoding="utf-8")
    key = {"unique_key": "id"} if kind == "incremental" else {}
    for number in (1, 2):
        assert small.build(
            f'select {number} as id, 3 as "order"',
            materialized=kind,
            contract={"enforced": True},
            persist_docs={"relation": True, "columns": True},
            on_schema_change="append_new_columns",
            **key,
        ), small.said

        comments = "select column_name, comment from duckdb_columns() where table_name = 'answers'"
        assert small.rows(comments) == [("id", "Of the answer."), ("order", "It's one.")]
    described.unlink()


OWNERS = (
    "{% do run_query('create or replace temporary table owners as ' ~ sliced("
    "'select range as id, range as pages from range(10)', 'id', 'pages')) %}"
)
IN_SLICES = {"materialized": "incremental", "unique_key": "id", "slices": "owners"}
TWELVE = ("--vars", "{slice_rows: 12}")


@pytest.mark.parametrize("project", ["ours"], indirect=True)
def test_a_model_in_slices_is_made_of_so_many_owners_at_a_time_and_cuts_none(small: Small) -> None:
    """Owners 0 to 9 bring as many pages as their number is."""
    model = OWNERS + "select id, sum(pages) over () as at_once from owners where {{ this_slice() }}"

    for arguments in ((), ("--full-refresh",), ()):
        assert small.build(model, *TWELVE, *arguments, **IN_SLICES), small.said

        of = {0: 10, 1: 10, 2: 10, 3: 10, 4: 10, 5: 11, 6: 11, 7: 15, 8: 15, 9: 9}
        assert small.rows() == list(of.items())
    assert not small.build(model, "--vars", "{slice_rows: 0}", **IN_SLICES)
    assert "slice_rows is 0: set it to 1 or more" in small.said
    nobody = model.replace("range(10)", "range(0)")
    assert small.build(nobody, *TWELVE, "--full-refresh", **IN_SLICES), small.said
    assert small.rows() == []


@pytest.mark.parametrize("project", ["ours"], indirect=True)
@pytest.mark.parametrize("arguments", [(), ("--full-refresh",)])
def test_a_model_in_slices_of_which_one_fails_leaves_what_was_there(
    small: Small, arguments: tuple[str, ...]
) -> None:
    model = OWNERS + "select ID as id from owners where {{ this_slice() }}"
    assert small.build(model.replace("ID", "id"), *TWELVE, **IN_SLICES), small.said

    failing = model.replace("ID", "case when id < 7 then 10 + id else error('no') end")
    assert not small.build(failing, *TWELVE, *arguments, **IN_SLICES)

    assert small.rows() == [(number,) for number in range(10)]
    assert small.build(model.replace("ID", "id"), *TWELVE, *arguments, **IN_SLICES), small.said
    assert small.rows() == [(number,) for number in range(10)]


def test_hooks_run_around_the_model(small: Small) -> None:
    config = {
        "pre_hook": "create or replace table before_it as select 1 as n",
        "post_hook": "create or replace table after_it as select id from answers",
    }
    for kind in ("table", "view", "incremental"):
        key = {"unique_key": "id"} if kind == "incremental" else {}
        assert small.build("select n as id from before_it", materialized=kind, **key, **config)

        assert small.rows("select id from after_it") == [(1,)]
