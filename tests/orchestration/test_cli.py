"""The command line keeps its word: exit codes, where output goes, where a setting comes from."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
import pytest
from house import House, review
from shop import EDITION, stock

import connectors.explanations
import orchestration.explanations
from connectors import errors
from orchestration import settings
from orchestration.publishing import snapshot
from orchestration.publishing.versions import FILE, Versions
from orchestration.settings import ROOT, Settings
from orchestration.variables import known
from orchestration.warehouse import WriterGate, connect

SEEDS = ROOT / "dbt_project/seeds"
HEAVY = {"dagster", "dbt", "great_expectations", "polars", "duckdb", "pandas", "pyarrow"}


class Shell:
    """Runs `earful` in a folder, with a house's data and nothing else set."""

    def __init__(self, house: House, folder: Path) -> None:
        self.folder = folder
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("EARFUL_")}
        self.environment["EARFUL_DATA"] = str(house.settings.data)
        self.environment["EARFUL_LOCK_WAIT"] = "0"
        self.environment["PYTHONPATH"] = str(ROOT)

    def __call__(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        code = "from orchestration.cli import main; main()"
        return subprocess.run(
            [sys.executable, "-c", code, *arguments],
            cwd=self.folder,
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def earful(house: House, tmp_path: Path) -> Shell:
    folder = tmp_path / "somewhere"
    folder.mkdir()
    return Shell(house, folder)


def publish(house: House, **tables: str) -> str:
    stock(house, **tables)
    versions = Versions(house.settings.published)
    folder = versions.begin()
    snapshot.write(house.settings, folder, EDITION)
    return versions.finish(folder, keep=3)


def settings_of(earful: Shell, *arguments: str, **environment: str) -> dict[str, dict[str, str]]:
    shown = earful("config", "show", "--json", *arguments, **environment)
    assert shown.returncode == 0, shown.stderr
    return {row["name"]: row for row in json.loads(shown.stdout)}


def test_a_good_command_ends_with_0_and_talks_only_in_data(earful: Shell, house: House) -> None:
    publish(house)

    ended = earful("sql", "select count(*) as n from comments")

    assert ended.returncode == 0
    assert ended.stdout.split() == ["n", "10"]
    assert ended.stderr == ""


@pytest.mark.parametrize("wrong", [["rum"], ["run", "--sinse", "x"], ["sql"], ["config", "shwo"]])
def test_a_usage_error_ends_with_2_and_is_told_on_stderr(earful: Shell, wrong: list[str]) -> None:
    ended = earful(*wrong)

    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.startswith("error: ")
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("asked", [[], ["config"]], ids=["earful", "earful config"])
def test_a_command_without_a_verb_lists_the_verbs_and_no_error(
    earful: Shell, asked: list[str]
) -> None:
    ended = earful(*asked)

    assert ended.returncode == 2
    assert "Commands" in ended.stdout + ended.stderr
    assert "error" not in ended.stderr


def test_the_version_can_be_asked_for(earful: Shell) -> None:
    ended = earful("--version")

    assert (ended.returncode, ended.stdout) == (0, f"earful {version('earful')}\n")


@pytest.mark.parametrize(
    "wrong",
    ["report serve --port 70000", "report serve --port -1", "dev --port 65536", "dev --port 0"],
)
def test_a_port_that_there_is_not_is_a_usage_error(earful: Shell, wrong: str) -> None:
    ended = earful(*wrong.split())

    assert ended.returncode == 2
    assert "Invalid value for '--port'" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("environment", "culprit"),
    [
        ({"EARFUL_MAX_COLLAPSE": "2"}, "EARFUL_MAX_COLLAPSE"),
        ({"EARFUL_CONFIG": "nowhere.toml"}, "nowhere.toml"),
    ],
)
def test_a_wrong_setting_ends_with_2_and_is_named(
    earful: Shell, environment: dict[str, str], culprit: str
) -> None:
    ended = earful("status", **environment)

    assert ended.returncode == 2
    assert culprit in ended.stderr
    assert ended.stdout == ""


def test_a_settings_file_that_is_not_toml_ends_with_2_and_is_named(earful: Shell) -> None:
    (earful.folder / "earful.toml").write_text("lock_wait = \n")

    ended = earful("status")

    assert ended.returncode == 2
    assert "earful.toml" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_misspelt_setting_in_the_file_is_not_swallowed(earful: Shell) -> None:
    (earful.folder / "earful.toml").write_text("lock_wiat = 5\n")

    ended = earful("status")

    assert ended.returncode == 2
    assert "lock_wiat" in ended.stderr


@pytest.mark.parametrize("command", ["run", "status", "doctor", "publish", "erase 7", "dev"])
@pytest.mark.parametrize("below", ["", "/data"], ids=["a file", "below a file"])
def test_a_data_folder_that_is_a_file_is_told(earful: Shell, command: str, below: str) -> None:
    file = earful.folder / "notes.txt"
    file.write_text("kept")

    ended = earful(*command.split(), EARFUL_DATA=f"{file}{below}")

    assert ended.returncode == 1
    assert f"{file}{below}: cannot be written (Not a directory)" in ended.stderr
    assert "earful explain DATA-WRITE" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert file.read_text() == "kept"


@pytest.mark.parametrize("command", ["run", "demo", "dev"])
def test_a_data_folder_that_cannot_be_made_is_told(earful: Shell, command: str) -> None:
    ended = earful(command, EARFUL_DATA=str(earful.folder / ("n" * 300)))

    assert ended.returncode == 1
    assert "cannot be written" in ended.stderr
    assert "earful explain DATA-WRITE" in ended.stderr
    assert "Traceback" not in ended.stderr


def examined(earful: Shell, **environment: str) -> dict[str, dict[str, str]]:
    told = earful("doctor", "--json", **environment).stdout
    return {row["what"]: row for row in json.loads(told)}


def test_the_doctor_sees_that_a_seed_is_missing(earful: Shell) -> None:
    assert examined(earful)["seeds"]["state"] == "ok"

    (earful.folder / "seeds").mkdir()
    found = examined(earful, EARFUL_SEEDS="seeds")["seeds"]

    assert found["state"] == "WRONG"
    assert "has no business_hours.csv, " in found["value"]
    assert earful("doctor", EARFUL_SEEDS="seeds").returncode == 1


def test_the_doctor_warns_of_variables_that_nothing_reads(earful: Shell) -> None:
    found = examined(earful, EARFUL_KEEP_VERSION="4", EARFUL_NOSUCH="1", earful_seeds=str(SEEDS))

    assert found["variable EARFUL_KEEP_VERSION"]["state"] == "WARN"
    assert found["variable EARFUL_KEEP_VERSION"]["remedy"] == "Did you mean EARFUL_KEEP_VERSIONS?"
    assert found["variable EARFUL_NOSUCH"]["remedy"] == "earful config show lists every setting."
    assert {w for w, row in found.items() if row["state"] == "WARN"} == {
        "variable EARFUL_KEEP_VERSION",
        "variable EARFUL_NOSUCH",
    }


def test_a_warning_is_nothing_wrong(earful: Shell) -> None:
    (earful.folder / "sources").mkdir()
    own = {"EARFUL_SOURCES": "sources", "EARFUL_NOSUCH": "1"}

    assert earful("doctor", **own).returncode == 0


def test_variables_that_code_or_docs_name_are_known() -> None:
    files = [
        *(f for p in ("connectors", "orchestration", "tests") for f in (ROOT / p).rglob("*.py")),
        *(f for p in ("docs", "examples") for f in (ROOT / p).rglob("*.md")),
        *(ROOT / "dbt_project").glob("*.yml"),
        ROOT / "README.md",
    ]
    named = {n for f in files for n in re.findall(r"EARFUL_[A-Z_]*[A-Z]", f.read_text())}
    made_up = {"EARFUL_KEEP_VERSION", "EARFUL_NOSUCH", "EARFUL_TEST_KEY"}

    assert len(named) > 20
    assert named - made_up - known(settings.load()) == set()


def test_failed_work_ends_with_1(earful: Shell) -> None:
    ended = earful("sql", "select 1")

    assert ended.returncode == 1
    assert "earful explain WAREHOUSE-MISSING" in ended.stderr


def test_a_held_gate_ends_with_75_and_says_who(earful: Shell, house: House) -> None:
    with WriterGate(house.settings.data, 0).hold("models"):
        ended = earful("publish", "--rollback")

    assert ended.returncode == 75
    assert f"process {os.getpid()}" in ended.stderr


@pytest.mark.parametrize(
    "command",
    [
        ["status"],
        ["doctor"],
        ["publish"],
        ["config", "show"],
        ["sql", "from comments"],
        ["explain"],
        ["explain", "SQL"],
    ],
    ids=" ".join,
)
def test_json_is_json(earful: Shell, house: House, command: list[str]) -> None:
    publish(house)

    json.loads(earful(*command, "--json").stdout)


@pytest.mark.parametrize(
    "verb",
    [
        *("run", "demo", "status", "sql", "replay", "compact", "erase", "publish", "report"),
        *("doctor", "explain", "config show"),
    ],
)
def test_every_verb_that_ends_by_itself_can_speak_json(earful: Shell, verb: str) -> None:
    assert "--json" in earful(*verb.split(), "--help").stdout


def test_an_error_is_json_too_with_its_code_and_remedy(earful: Shell) -> None:
    ended = earful("sql", "select 1", "--json")

    told: dict[str, Any] = json.loads(ended.stdout)
    assert told["error"] == "WAREHOUSE-MISSING"
    assert set(told) == {"error", "where", "what", "remedy"}


def test_every_setting_says_where_it_comes_from(earful: Shell) -> None:
    (earful.folder / "earful.toml").write_text('lock_wait = 5\nbuild = "b"\nkeep_versions = 7\n')
    del earful.environment["EARFUL_LOCK_WAIT"]

    shown = settings_of(earful, EARFUL_KEEP_VERSIONS="9")

    assert (shown["lock_wait"]["value"], shown["lock_wait"]["from"]) == ("5.0", "earful.toml")
    assert shown["build"]["value"] == str(earful.folder / "b"), "relative to the file"
    assert shown["keep_versions"]["value"] == "9"
    assert shown["keep_versions"]["from"] == "EARFUL_KEEP_VERSIONS"
    assert shown["max_collapse"]["from"] == "default"
    assert set(shown) == set(Settings.model_fields)


@pytest.mark.parametrize("equals", [False, True], ids=["--config FILE", "--config=FILE"])
def test_the_settings_file_can_be_named_after_the_verb_and_beats_the_environment(
    earful: Shell, *, equals: bool
) -> None:
    (earful.folder / "mine.toml").write_text("lock_wait = 5\n")
    (earful.folder / "other.toml").write_text("lock_wait = 6\n")
    del earful.environment["EARFUL_LOCK_WAIT"]
    flag = ["--config=mine.toml"] if equals else ["--config", "mine.toml"]

    shown = settings_of(earful, *flag, EARFUL_CONFIG="other.toml")

    assert (shown["lock_wait"]["value"], shown["lock_wait"]["from"]) == ("5.0", "mine.toml")


@pytest.mark.parametrize(
    "statement",
    [
        "create table mine as select 1",
        "delete from comments",
        "update comments set comment = ''",
        "drop table comments",
    ],
)
def test_sql_cannot_write(earful: Shell, house: House, statement: str) -> None:
    publish(house)

    ended = earful("sql", statement)

    assert ended.returncode == 2
    assert "read-only" in ended.stderr
    with duckdb.connect(house.settings.published / FILE, read_only=True) as db:
        assert db.execute("select count(*) from comments").fetchall() == [(10,)]


@pytest.mark.parametrize(("asked", "found"), [("", 0), ("select 1; select 2", 2)])
def test_sql_takes_one_statement(earful: Shell, house: House, asked: str, found: int) -> None:
    publish(house)

    ended = earful("sql", asked)

    assert ended.returncode == 2
    assert f"{found} statements where one is expected" in ended.stderr


def test_nothing_is_merged_of_a_stream_that_nobody_knows(earful: Shell, house: House) -> None:
    publish(house)

    ended = earful("compact", "app.revews")

    assert ended.returncode == 2
    assert "app.revews: nothing has landed of a stream of this name" in ended.stderr
    assert house.landing.streams() == [("app", "reviews")]


@pytest.mark.parametrize("flag", ["--since", "--until"])
def test_packages_are_mapped_again_from_a_time_and_from_nothing_else(
    earful: Shell, flag: str
) -> None:
    ended = earful("replay", "shop.orders", flag, "foo", "--plan")

    assert ended.returncode == 2
    assert f"{flag.strip('-')}: not a date or time. Write 2026-11-01" in ended.stderr
    assert ended.stdout == ""


@pytest.mark.parametrize("more", [[], ["--plan"], ["--since", "2026-01-01"]])
def test_nothing_is_mapped_again_of_a_stream_that_landed_nothing(
    earful: Shell, more: list[str]
) -> None:
    ended = earful("replay", "shop.orders", *more)

    assert ended.returncode == 2
    assert "shop.orders: nothing has landed of a stream of this name" in ended.stderr
    assert ended.stdout == ""


def test_packages_to_map_again_are_those_that_landed_in_a_window(
    earful: Shell, house: House
) -> None:
    early, late = "20260301T120000.000000Z-aaaaaa", "20260302T120000.000000Z-bbbbbb"
    for load_id in (early, late):
        house.land([review(1)], source="app_store", load_id=load_id)
    (house.settings.landing / "app_store/reviews").rename(
        house.settings.landing / "app_store/customer_reviews"
    )

    def planned(*window: str) -> list[str]:
        ended = earful("replay", "app_store.customer_reviews", *window, "--plan", "--json")
        ids: list[str] = json.loads(ended.stdout)
        return ids

    assert planned() == [early, late]
    assert planned("--since", "2026-03-02") == [late]
    assert planned("--until", "2026-03-02") == [early]
    assert planned("--since", "2026-03-01T13:30:00+01:00") == [late]
    assert planned("--since", late) == [late]
    assert planned("--until", late) == [early]


def test_sql_says_when_rows_are_cut_off_and_never_in_the_data(earful: Shell, house: House) -> None:
    publish(house)

    ended = earful("sql", "select comment_id from comments", "--limit", "3", "--json")

    assert len(json.loads(ended.stdout)) == 3
    assert "only the first 3 rows" in ended.stderr


def test_ids_can_be_pasted_and_counts_be_read(earful: Shell, house: House) -> None:
    publish(house)

    number = 60_019_072_521_035_415
    ended = earful("sql", f"select {number} as customer_id, -{number} as row_hash, 1654 as n")

    assert ended.stdout.split()[3:] == [str(number), str(-number), "1,654"]


def test_what_customers_write_gives_a_terminal_no_commands(earful: Shell, house: House) -> None:
    written = r"e'red \x1b[31m title \x1b]0;x\x07 c1 ' || chr(155) || e'9m del \x7f\rline\nnext'"
    publish(house, comments=f"select 1 as comment_id, {written} as comment")

    ended = earful("sql", 'select comment as "\x1b[1mc" from comments')

    assert [c for c in ended.stdout if not c.isprintable() and c != "\n"] == []
    assert r"\x1b[1mc" in ended.stdout
    assert r"red \x1b[31m title \x1b]0;x\x07 c1 \x9b9m del \x7fline" in ended.stdout
    assert "\nnext" in ended.stdout
    asked = json.loads(earful("sql", "select comment from comments", "--json").stdout)
    assert asked[0]["comment"] == "red \x1b[31m title \x1b]0;x\x07 c1 \x9b9m del \x7f\rline\nnext"
    assert earful("sql", "select comment from comments", "--json").stdout.isascii()


def test_an_error_that_quotes_gives_a_terminal_no_commands(earful: Shell, house: House) -> None:
    publish(house)

    ended = earful("sql", 'select "\x1b[31m" from comments')

    assert ended.returncode == 2
    assert r"\x1b[31m" in ended.stderr
    assert "\x1b" not in ended.stderr


def test_status_shows_what_waits_to_be_loaded(earful: Shell, house: House) -> None:
    publish(house)
    house.land([review(2)])

    told = json.loads(earful("status", "--json").stdout)

    assert [(s["stream"], s["packages"], s["pending"]) for s in told["streams"]] == [
        ("app.reviews", 2, 1)
    ]
    assert told["published"]["total_rows"] == 11


def test_status_is_told_while_the_warehouse_is_written(earful: Shell, house: House) -> None:
    publish(house)
    gate = WriterGate(house.settings.data, 0)
    with gate.hold("models"), connect(house.settings.warehouse):
        ended = earful("status", "--json")

    told = json.loads(ended.stdout)
    assert [(s["stream"], s["pending"]) for s in told["streams"]] == [("app.reviews", None)]
    assert told["writer"]["purpose"] == "models"
    assert told["published"]["total_rows"] == 11


def test_a_rollback_switches_what_sql_reads(earful: Shell, house: House) -> None:
    first = publish(house)
    publish(house, comments="select 1 as comment_id")

    assert earful("publish", "--rollback").returncode == 0

    assert json.loads(earful("publish", "--json").stdout)["current"] == first
    assert earful("sql", "select count(*) as n from comments").stdout.split() == ["n", "10"]
    again = earful("publish", "--rollback")
    assert again.returncode == 2
    assert "no earlier version" in again.stderr


def raised() -> Iterator[tuple[str, str]]:
    """Where an error of ours is made, and the code it is given."""
    ours = {e.__name__ for e in vars(errors).values() if _is_error(e)} - {"EarfulError"}
    for package in (connectors, orchestration):
        for path in Path(package.__path__[0]).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and _name(node.func) in ours:
                    [code, *_] = node.args
                    assert isinstance(code, ast.Constant), f"{path}:{node.lineno}: no plain code"
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", str(code.value)


def _is_error(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, errors.EarfulError)


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def test_every_code_that_is_raised_is_explained_and_no_other() -> None:
    found = dict(raised())
    explained = {
        **connectors.explanations.EXPLANATIONS,
        **orchestration.explanations.EXPLANATIONS,
    }

    assert len(found) > 50
    assert {at: code for at, code in found.items() if code not in explained} == {}
    assert set(explained) - set(found.values()) == set()


def test_explain_knows_the_code_and_offers_the_nearest(earful: Shell) -> None:
    assert "WRITER-LOCKED" in earful("explain").stdout.split()
    assert "One process at a time" in earful("explain", "writer-locked").stdout

    ended = earful("explain", "WRITER-LOKED")
    assert ended.returncode == 2
    assert "Did you mean WRITER-LOCKED" in ended.stderr


def test_a_pipe_that_closes_early_is_no_error(earful: Shell) -> None:
    code = "from orchestration.cli import main; main()"
    with subprocess.Popen(
        [sys.executable, "-c", code, "explain"],
        env=earful.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()

    assert (process.returncode, said) == (0, b"")


@pytest.mark.parametrize(
    "arguments", [["--help"], ["run", "--help"], ["rum"], ["explain", "NAME"], ["config", "show"]]
)
def test_what_needs_no_data_imports_nothing_heavy(earful: Shell, arguments: list[str]) -> None:
    code = (
        "import sys\n"
        "from orchestration.cli import main\n"
        "try:\n"
        "    main()\n"
        "finally:\n"
        "    print({m.split('.')[0] for m in sys.modules}, file=sys.stderr)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=earful.environment,
        capture_output=True,
        text=True,
        check=False,
    )

    modules = ast.literal_eval(ended.stderr.splitlines()[-1])
    assert "typer" in modules
    assert modules & HEAVY == set()
