"""From an export to the published file and back again: one answer, and whatever befalls its run.

A run costs half a minute, so the tests share a life of a few runs, each a fixture that begins
where the one before ended: three are killed, the next is the first that ends. Published versions
never change, so tests may ask any of them.
"""

from __future__ import annotations

import csv
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.settings import ROOT
from orchestration.warehouse import WriterGate

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SURVEY = """
type: orchestration.components.Source
attributes:
  connector: files
  family: survey
  description: What customers say the day after.
  owner: team:cx
  folder: survey
  streams:
    answers:
      files: answers.csv
      tables:
        survey_responses:
          columns:
            survey_id: {constant: after}
            response_id: id
            email: email
            status: {constant: completed}
            touchpoint: {constant: delivery}
            submitted_at: at
        survey_answers:
          columns: {survey_id: {constant: after}, response_id: id, answered_at: at}
        survey_questions:
          columns: {survey_id: {constant: after}}
      questions:
        - {columns: recommend, as: number, type: nps, scale_min: 0, scale_max: 10}
        - {columns: why, as: text, type: text}
"""
DESK = """
type: orchestration.components.Source
attributes:
  connector: files
  family: support
  description: Tickets.
  owner: team:support
  folder: desk
  secrets: {respondent_key: EARFUL_TEST_KEY}
  streams:
    tickets:
      files: tickets.csv
      tables:
        cases:
          columns:
            case_id: id
            subject: subject
            status: status
            email: email
            opened_by: {constant: customer}
            created_at: created
            updated_at: updated
"""
MAP = """source,survey_id,question_id,item_id,metric,scale_min,scale_max,top_box_from,reversed,\
excluded_values,touchpoint,valid_from,valid_to,note
voice,after,recommend,,nps,0,10,,false,,delivery,,,
"""
SCORES = [10, 10, 9, 9, 9, 9, 8, 7, 3, 0]
WHY = "Write to ann.otter@example.org or call +49 30 901820 - it came late"
MAIN = "from orchestration.cli import main; main()"
# a link holds since this warehouse found it
PICK = {"identity_links": "select * exclude (since)"}


@dataclass
class Run:
    """What one `earful run` came to, and the version that readers got after it."""

    exit_code: int
    report: dict[str, Any]
    talk: str
    version: Path | None
    raw: dict[str, int] = field(default_factory=dict)

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        assert self.version, self.talk
        with duckdb.connect(self.version / "earful.duckdb", read_only=True) as db:
            return db.execute(query).fetchall()

    def one(self, query: str) -> tuple[Any, ...]:
        [row] = self.ask(query)
        return row

    def tables(self) -> dict[str, list[str]]:
        """Every row of every table, without what speaks of the version or of our own past."""
        names = self.ask("select table_name from duckdb_tables() where not internal order by 1")
        return {
            name: sorted(str(row) for row in self.ask(f'{PICK.get(name, "")} from "{name}"'))
            for (name,) in names
            if not name.startswith("about")
        }


class Instance:
    """A folder of its own: two sources, their exports, a question map, and the data."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.data = root / "data"
        for source, yaml in (("voice", SURVEY), ("desk", DESK)):
            (root / "sources" / source).mkdir(parents=True)
            (root / "sources" / source / "defs.yaml").write_text(yaml)
        shutil.copytree(ROOT / "dbt_project/seeds", root / "seeds")
        (root / "seeds/question_map.csv").write_text(MAP)
        for folder in ("survey", "desk"):
            (root / "exports" / folder).mkdir(parents=True)
        self.answer(SCORES)
        (root / "exports/desk/tickets.csv").write_text(
            "id,subject,status,email,created,updated\n"
            "T1,Where is it?,open,ann.otter@example.org,2026-03-02T09:00:00,2026-03-02T09:00:00\n"
        )
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("EARFUL_")},
            **{f"EARFUL_{n.upper()}": str(root / n) for n in ("sources", "exports", "seeds")},
            **{f"EARFUL_{n.upper()}": str(root / n) for n in ("data", "build")},
            "EARFUL_LOCK_WAIT": "0",
            "EARFUL_KEEP_VERSIONS": "50",
            "EARFUL_TEST_KEY": "a key of at least sixteen characters",
            "PYTHONPATH": str(ROOT),
        }

    def answer(self, scores: list[int]) -> None:
        """The survey's export; the first answer is Ann's, and says why."""
        with (self.root / "exports/survey/answers.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["id", "at", "email", "recommend", "why"])
            for number, score in enumerate(scores):
                email = f"c{number}@example.org" if number else "Ann.Otter@example.org"
                at = f"2026-03-{number + 1:02d}T12:00:00"
                writer.writerow([f"R{number}", at, email, score, "" if number else WHY])

    def start(self, *arguments: str, code: str = MAIN, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            env=self.environment | environment,
            cwd=self.root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def killed_at(self, where: str) -> int:
        """Kill a run as it enters a function."""
        kill = "setattr(it, name, lambda *a, **k: os.kill(os.getpid(), 9))"
        process = self.start("run", code=f"{where}\nimport os\n{kill}\n{MAIN}")
        process.communicate()
        return process.returncode

    def killed_while_dbt_runs(self) -> int:
        """Pull the plug, of the run and of its dbt, after dbt has built something."""
        process = self.start("run")
        until = time.monotonic() + 120
        while process.poll() is None and time.monotonic() < until:
            logs = (log.read_text() for log in (self.data / "dbt").glob("models-*/dbt.log"))
            if any("OK created" in log for log in logs):
                break
            time.sleep(0.1)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return process.returncode

    def earful(self, *arguments: str, **environment: str) -> tuple[int, str, str]:
        process = self.start(*arguments, **environment)
        try:
            out, talk = process.communicate(timeout=300)
        finally:
            # a run that waits for good must not outlive the test
            process.kill()
        return process.returncode, out, talk

    def run(self, *arguments: str, **environment: str) -> Run:
        code, out, talk = self.earful("run", *arguments, "--json", **environment)
        assert out, talk
        current = self.data / "published/current"
        return Run(
            exit_code=code,
            report=json.loads(out),
            talk=talk,
            version=current.resolve() if current.exists() else None,
            raw={} if code == 75 else self._raw(),
        )

    def _raw(self) -> dict[str, int]:
        with duckdb.connect(self.data / "warehouse.duckdb", read_only=True) as db:
            return {
                table: db.execute(f'select count(*) from raw."{table}"').fetchall()[0][0]
                for table in ("survey_responses", "survey_answers", "cases")
            }


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    return Instance(tmp_path_factory.mktemp("life"))


@pytest.fixture(scope="module")
def killed(instance: Instance) -> list[int]:
    """Exit codes of runs that were killed while landing, loading and modelling."""
    return [
        instance.killed_at("from connectors.landing import disk as it; name = 'rename_durably'"),
        instance.killed_at("from orchestration.warehouse import ledger as it; name = 'record'"),
        instance.killed_while_dbt_runs(),
    ]


@pytest.fixture(scope="module")
def first(instance: Instance, killed: list[int]) -> Run:
    """The first run that ends; everything is new."""
    assert killed
    return instance.run()


@pytest.fixture(scope="module")
def locked(instance: Instance, first: Run) -> Run:
    """Somebody else is writing the warehouse."""
    assert first
    with WriterGate(instance.data, 0).hold("a second run"):
        return instance.run()


@pytest.fixture(scope="module")
def idle(instance: Instance, locked: Run) -> Run:
    """Nothing is new."""
    assert locked
    return instance.run()


@pytest.fixture(scope="module")
def changed(instance: Instance, idle: Run) -> Run:
    """One score changed and one answer is new, while the desk's secret is not set."""
    assert idle
    instance.answer([*SCORES[:8], 10, *SCORES[9:], 6])
    return instance.run(EARFUL_TEST_KEY="")


@pytest.fixture(scope="module")
def refused(instance: Instance, changed: Run) -> Run:
    """A month is read again, and the release gate finds the data too old."""
    assert changed
    return instance.run("voice", "--since", "2026-03-01", EARFUL_MAX_AGE_HOURS="0.0000001")


@pytest.fixture(scope="module")
def rebuilt(instance: Instance, refused: Run) -> Run:
    """Warehouse and release were deleted; landing is all there is."""
    assert refused
    for name in ("warehouse.duckdb", "release.duckdb"):
        (instance.data / name).unlink()
    return instance.run()


def nps(scores: list[int]) -> tuple[float, float, float]:
    """NPS and its adjusted Wald interval, by the book."""
    n, up, down = len(scores), sum(s >= 9 for s in scores), sum(s <= 6 for s in scores)
    p, d = (up + 0.75) / (n + 3), (down + 0.75) / (n + 3)
    margin = 1.959964 * math.sqrt((p + d - (p - d) ** 2) / (n + 3))
    return 100 * (up - down) / n, 100 * (p - d - margin), 100 * (p - d + margin)


METRIC = """
    select n, value, interval_low, interval_high from metrics where metric = 'nps'
    and period_grain = 'all' and touchpoint = 'delivery' and cut_by = 'touchpoint'
"""


def test_runs_that_were_killed_leave_no_trace_in_the_next(killed: list[int], first: Run) -> None:
    # what is published of it is compared with a rebuild from landing, below
    assert killed == [-signal.SIGKILL] * 3
    assert first.raw == {"survey_responses": len(SCORES), "survey_answers": 11, "cases": 1}


def test_the_first_run_publishes(first: Run) -> None:
    assert first.exit_code == 0, first.talk
    assert first.report["published"]
    assert Path(first.report["report"]).is_file()
    assert first.one("select gate, source_count from about") == ("passed", 2)


def test_an_answer_is_a_touch_of_its_customer(first: Run) -> None:
    touches = first.ask(
        "select kind, source, occurred_at::varchar from journey_events "
        "where customer_id = (select customer_id from scores where voice_ref = 'R0') order by 3"
    )

    assert ("survey", "voice", "2026-03-01 12:00:00") in [
        (kind.split("_")[0], source, at) for kind, source, at in touches
    ]
    assert "desk" in {source for _, source, _ in touches}, "one person, by the address in any case"


def test_an_answer_is_a_score(first: Run) -> None:
    assert first.ask("select voice_ref, metric, score from scores order by 1") == [
        (f"R{number}", "nps", score) for number, score in enumerate(SCORES)
    ]


def test_the_nps_is_right_and_wears_its_interval(first: Run) -> None:
    n, *found = first.one(METRIC)

    assert n == len(SCORES)
    assert found == pytest.approx(nps(SCORES), abs=0.01)


def test_a_comment_is_published_without_the_address_in_it(first: Run) -> None:
    [(comment,)] = first.ask("select comment from comments where comment like '%came late%'")

    assert comment.startswith("Write to ")
    assert "otter" not in comment
    assert "901820" not in comment


def test_nothing_published_holds_who_they_are(first: Run) -> None:
    everything = json.dumps(first.tables()).lower()

    assert "@example.org" not in everything
    assert "otter" not in everything


def test_the_published_types_are_plain(first: Run) -> None:
    types = first.ask("select distinct data_type from duckdb_columns() where not internal")

    assert {kind.partition("(")[0] for (kind,) in types} <= {
        *("BIGINT", "INTEGER", "DOUBLE", "DECIMAL", "BOOLEAN", "VARCHAR", "DATE", "TIMESTAMP")
    }


def test_every_published_column_describes_itself(first: Run) -> None:
    assert (
        first.ask(
            "select table_name, column_name from duckdb_columns() where not internal "
            "and comment is null and table_name not like 'about%'"
        )
        == []
    )


def test_a_run_beside_a_writer_ends_with_75_and_says_who(locked: Run, first: Run) -> None:
    assert locked.exit_code == 75
    assert f"process {os.getpid()}" in " ".join(locked.report["errors"])
    assert locked.version == first.version


def test_a_run_with_nothing_new_builds_and_publishes_nothing(idle: Run, first: Run) -> None:
    assert idle.exit_code == 0, idle.talk
    assert idle.report["published"] is None
    assert idle.report["report"] is None, "no page was drawn"
    assert idle.report["checks"] == 0, "dbt was skipped"
    assert idle.version == first.version


def test_a_source_without_its_secret_fails_alone_with_exit_4(changed: Run, first: Run) -> None:
    errors = {s["name"]: s["error"] for s in changed.report["streams"]}

    assert changed.exit_code == 4, changed.talk
    assert errors["voice.answers"] is None
    assert "EARFUL_TEST_KEY is not set" in errors["desk.tickets"]
    assert changed.report["published"]
    assert changed.version != first.version
    assert changed.ask("select * from cases") == first.ask("select * from cases")


def test_a_changed_file_changes_what_it_says_and_nothing_else(changed: Run, first: Run) -> None:
    before, after = first.tables()["scores"], changed.tables()["scores"]

    assert len(set(before) - set(after)) == 1
    assert len(set(after) - set(before)) == 2
    scores = changed.ask("select voice_ref, score from scores where voice_ref in ('R8', 'R10')")
    assert sorted(scores) == [("R10", 6), ("R8", 10)]
    assert changed.raw["survey_responses"] == first.raw["survey_responses"] + 1
    n, *found = changed.one(METRIC)
    assert n == 11
    assert found == pytest.approx(nps([*SCORES[:8], 10, *SCORES[9:], 6]), abs=0.01)


def test_a_month_that_is_read_again_duplicates_nothing(refused: Run, changed: Run) -> None:
    [stream] = refused.report["streams"]

    assert stream["read"] == 11
    assert refused.report["loaded"] == {}
    assert refused.raw == changed.raw


def test_a_refused_release_ends_with_3_and_readers_keep_the_old(refused: Run, changed: Run) -> None:
    assert refused.exit_code == 3
    assert [c["name"] for c in refused.report["failed_checks"]] == ["release: fresh"]
    assert "newest load" in refused.report["failed_checks"][0]["why"]
    assert refused.report["errors"] == []  # the check has said it
    assert refused.report["published"] is None
    assert refused.version == changed.version


def test_the_warehouse_comes_back_from_landing(rebuilt: Run, changed: Run) -> None:
    assert rebuilt.exit_code == 0, rebuilt.talk
    assert rebuilt.version != changed.version
    assert rebuilt.tables() == changed.tables()
    assert rebuilt.raw == changed.raw


def test_a_rollback_goes_back_one_version(instance: Instance, rebuilt: Run, changed: Run) -> None:
    assert rebuilt.version
    assert changed.version
    code, _, talk = instance.earful("publish", "--rollback")

    assert code == 0, talk
    assert (instance.data / "published/current").resolve() == changed.version
