"""What a table tells of its changes, and what whoever is made of it makes of that."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt_process import PROJECT, dbt_process

pytestmark = pytest.mark.slow

ANSWERS = """
{{ config(
    materialized='incremental', incremental_strategy='changes', unique_key='id', feed=['id', 'who'],
) }}
with answers as (select * from read_csv('{{ var("answers") }}'))
{{ changes('answers', 'id', ['id', 'who', 'score']) }}
"""
RULES = "select * from read_csv('{{ var(\"rules\") }}')"
# holds what it was told, build by build
SEEN = """
{{ config(materialized='incremental', incremental_strategy='append', reads_feeds='n') }}
{%- set news = read_feeds([ref('answers')], beside=[ref('rules')]) %}
select
    {{ var('build') }} as build,
    '{{ 'news' if news else 'everything' }}' as told,
    id,
    who,
    1 as n
from {{ news.answers if news else ref('answers') }}
"""
SETTINGS = {
    "name": "small",
    "profile": "small",
    "config-version": 2,
    "macro-paths": ["macros"],
    "vars": {"build": 0, "answers": "", "rules": ""},
    "on-run-start": "{{ make_room_for_feeds() }}",
    "on-run-end": "{{ prune_feeds() }}",
}
PROFILE = {
    "small": {
        "target": "test",
        "outputs": {
            "test": {"type": "duckdb", "path": "{{ env_var('SMALL_FILE') }}", "threads": 1}
        },
    }
}


@dataclass
class Small:
    """A table of answers that keeps a feed, and one that is made of it and of rules."""

    folder: Path
    builds: int = 0

    def build(self, answers: str, *arguments: str, rules: str = "a", succeeds: bool = True) -> None:
        """Build both of rows `id,who,score`, separated by blanks."""
        self.builds += 1
        for name, head, rows in (("answers", "id,who,score", answers), ("rules", "rule", rules)):
            text = "\n".join([head, *rows.split()])
            (self.folder / f"{name}.csv").write_text(text + "\n", encoding="utf-8")
        files = {name: str(self.folder / f"{name}.csv") for name in ("answers", "rules")}
        environment = {
            "SMALL_FILE": str(self.folder / "small.duckdb"),
            "DBT_TARGET_PATH": str(self.folder / "target"),
            "DBT_LOG_LEVEL_FILE": "none",
            "DBT_LOG_PATH": str(self.folder / "logs"),
            "DBT_WRITE_JSON": "False",
        }
        places = ("--project-dir", str(self.folder), "--profiles-dir", str(self.folder))
        given = ("--vars", json.dumps({"build": self.builds, **files}))
        succeeded, said = dbt_process().run(["run", *places, *given, *arguments], environment)
        assert succeeded is succeeds, said[-4000:]

    def told(self) -> set[tuple[Any, ...]]:
        """How much the reader was told in the last build, and of what."""
        return set(self.rows(f"select told, id, who from seen where build = {self.builds}"))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.folder / "small.duckdb"), read_only=True) as db:
            return db.sql(query).fetchall()

    def change(self, statement: str) -> None:
        with duckdb.connect(str(self.folder / "small.duckdb")) as db:
            db.execute(statement)


@pytest.fixture
def small(tmp_path: Path) -> Small:
    """The project, built once of three answers."""
    (tmp_path / "models").mkdir()
    shutil.copytree(PROJECT / "macros" / "materializations", tmp_path / "macros")
    for macro in ("changes", "temporary", "connected_components"):
        shutil.copy(PROJECT / "macros" / f"{macro}.sql", tmp_path / "macros")
    for name, content in (("dbt_project.yml", SETTINGS), ("profiles.yml", PROFILE)):
        (tmp_path / name).write_text(json.dumps(content), encoding="utf-8")
    for name, sql in (("answers", ANSWERS), ("rules", RULES), ("seen", SEEN)):
        (tmp_path / "models" / f"{name}.sql").write_text(sql, encoding="utf-8")
    small = Small(tmp_path)
    small.build("1,ann,9 2,ben,5 3,cem,7")
    return small


EVERYTHING = {("everything", 1, "ann"), ("everything", 2, "ben"), ("everything", 3, "cem")}


def test_a_feed_tells_what_came_changed_and_went_as_it_was_and_as_it_is(small: Small) -> None:
    assert small.told() == EVERYTHING

    # one is somebody else's, one has another score, one is new, one is gone
    small.build("1,ada,9 2,ben,6 4,dee,1")
    assert small.told() == {
        ("news", 1, "ann"),
        ("news", 1, "ada"),
        ("news", 2, "ben"),
        ("news", 3, "cem"),
        ("news", 3, None),
        ("news", 4, "dee"),
    }

    small.build("1,ada,9 2,ben,6 4,dee,1")
    assert small.told() == set()


def test_who_was_not_built_is_told_later_of_all_builds_since(small: Small) -> None:
    small.build("1,ann,9 2,ben,6 3,cem,7", "--select", "answers")
    small.build("1,ann,8 2,ben,6 3,cem,7", "--select", "answers")
    small.build("1,ann,8 2,ben,6 3,cem,7 4,dee,1")

    assert small.told() == {("news", 1, "ann"), ("news", 2, "ben"), ("news", 4, "dee")}


@pytest.mark.parametrize(
    "change",
    [
        "delete from seen where id = 2",
        "update seen set n = 2 where id = 2",
        "drop table feeds.answers",
        "update feeds.marks set number = number - 1",
        "delete from feeds.marks",
    ],
)
def test_a_reader_that_cannot_go_on_from_what_it_held_is_told_everything(
    small: Small, change: str
) -> None:
    small.change(change)
    small.build("1,ann,9 2,ben,5 3,cem,7")

    assert small.told() == EVERYTHING


def test_what_has_no_feed_is_compared_as_a_whole(small: Small) -> None:
    small.build("1,ann,9 2,ben,5 3,cem,7", rules="b")
    assert small.told() == EVERYTHING

    small.build("1,ann,9 2,ben,6 3,cem,7", rules="b")
    assert small.told() == {("news", 2, "ben")}


def test_a_table_that_is_made_anew_begins_a_feed_anew(small: Small) -> None:
    small.build("1,ann,9 2,ben,5 3,cem,7", "--full-refresh", "--select", "answers")
    small.build("1,ann,9 2,ben,5 3,cem,7")

    assert small.told() == EVERYTHING


def test_a_feed_of_other_columns_begins_anew(small: Small) -> None:
    model = small.folder / "models" / "answers.sql"
    model.write_text(ANSWERS.replace("feed=['id', 'who']", "feed=['id', 'who', 'score']"))
    small.build("1,ann,9 2,ben,6 3,cem,7")

    assert small.told() == EVERYTHING


def test_a_feed_is_written_before_its_table(small: Small) -> None:
    """Whatever is cut short between the two is told again, and nothing is missed."""
    small.change("alter table answers alter column who set not null")
    small.build("1,ann,9 2,,5 3,cem,7", succeeds=False)

    feed = "select id, who from feeds.answers where id is not null order by all"
    assert small.rows(feed) == [(2, "ben"), (2, None)]
    assert small.rows("select who from answers where id = 2") == [("ben",)]


def test_a_reader_that_failed_is_told_again(small: Small) -> None:
    small.change("alter table seen alter column who set not null")
    small.build("1,ann,9 2,ben,5", succeeds=False)
    small.change("alter table seen alter column who drop not null")
    small.build("1,ann,9 2,ben,5")

    assert small.told() == {("news", 3, "cem"), ("news", 3, None)}


def test_what_every_reader_knows_leaves_the_feed(small: Small) -> None:
    for score in range(5):
        small.build(f"1,ann,{score} 2,ben,5 3,cem,7")

    assert small.rows("select id, who from feeds.answers") == [(1, "ann")]
