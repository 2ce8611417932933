"""MetricFlow's answers against what is published: one definition, one number."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from metricflow.engine.metricflow_engine import MetricFlowEngine, MetricFlowQueryRequest
from metricflow.protocols.sql_client import SqlEngine
from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
from metricflow_semantics.model.dbt_manifest_parser import (
    parse_manifest_from_dbt_generated_manifest,
)
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup
from oracle import PLACES
from synthetic import Company
from warehouse import PROJECT, SEEDS, Warehouse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warehouse import Rows

pytestmark = pytest.mark.slow

LATER = datetime(2026, 12, 1)  # noqa: DTZ001  # times in the warehouse are naive UTC
# their scores have method versions, and are never averaged over two of them
SCORED = ("nps", "csat", "ces", "rating")
# columns of `metrics`, and what MetricFlow calls them; every other column of such a row reads `all`
CELLS = {
    "all time": {},
    "month": {"period_start": "metric_time__month"},
    "touchpoint": {"touchpoint": "touchpoint"},
    "source and month": {"source": "source", "period_start": "metric_time__month"},
}


def more() -> Rows:
    """What the company lacks: efforts, on two scales, and cases that come back."""
    given = {"source": "shop", "survey_id": "s1", "item_id": "", "updated_at": LATER}
    back = {"source": "desk", "change_id": "h9", "field": "status", "changed_at": LATER}
    return {
        "case_changes": [
            {**back, "case_id": f"c{n}", "old_value": "solved", "new_value": "open"}
            for n in range(40)
        ],
        "survey_answers": [
            {**given, "response_id": f"w{n}", "question_id": question, "value_number": 1 + n % top}
            for question, top in (("q3", 7), ("q4", 5))
            for n in range(60)
        ],
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    folder = tmp_path_factory.mktemp("semantic")
    seeds = shutil.copytree(SEEDS, folder / "seeds")
    with (seeds / "question_map.csv").open("a") as file:
        file.write("shop,s1,q3,,ces,1,7,,,,,,,effort\nshop,s1,q4,,ces,1,5,,,,,,,effort\n")
    warehouse = Warehouse(folder / "house")
    warehouse.load(Company(7, people=300).portions(1)[0])
    warehouse.load(more())
    warehouse.dbt("build", "--exclude-resource-type", "unit_test", seeds=seeds, artifacts=True)
    return warehouse


class Asker:
    """MetricFlow over a built warehouse; it writes the SQL, DuckDB answers it."""

    def __init__(self, warehouse: Warehouse) -> None:
        """Read what dbt has parsed."""
        written = (warehouse.folder / "target" / "semantic_manifest.json").read_text()
        self.manifest = parse_manifest_from_dbt_generated_manifest(written)
        self.engine = MetricFlowEngine(SemanticManifestLookup(self.manifest), _Duck())
        self.warehouse = warehouse

    def __call__(self, *metrics: str, by: Sequence[str] = ()) -> list[dict[str, Any]]:
        """One row per combination of `by`, as dictionaries."""
        request = MetricFlowQueryRequest.create(metric_names=metrics, group_by_names=by)
        sql = self.engine.explain(request).sql_statement.sql
        # nothing but what is published, under the name that dbt knows it by
        with duckdb.connect() as db:
            db.execute(f"attach '{self.warehouse.release}' as release (read_only)")
            return _dictionaries(db.execute(sql))


class _Duck:
    """What MetricFlow has to know of an engine to write SQL for it."""

    sql_engine_type = SqlEngine.DUCKDB
    sql_plan_renderer = DuckDbSqlPlanRenderer()


def _dictionaries(answer: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    names = [column[0] for column in answer.description]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


@pytest.fixture(scope="module")
def ask(built: Warehouse) -> Asker:
    return Asker(built)


@pytest.fixture(scope="module")
def names(ask: Asker) -> set[str]:
    return {metric.name for metric in ask.manifest.metrics}


@pytest.fixture(scope="module")
def published(built: Warehouse) -> list[dict[str, Any]]:
    with built.open() as db:
        return _dictionaries(db.execute("select * from release.main.metrics"))


def expected(
    published: list[dict[str, Any]], metric: str, cell: dict[str, str]
) -> dict[tuple[Any, ...], float | None]:
    """Every published n and value; the columns that are not asked by are totals, `all`."""
    grain = "month" if "period_start" in cell else "all"
    totals = {*PLACES} - set(cell)
    return {
        (number, row["method_version"], *(row[column] for column in cell)): row[number]
        for row in published
        if (row["metric"], row["period_grain"]) == (metric, grain)
        and all(row[column] == "all" for column in totals)
        and all(row[column] != "all" for column in cell)
        for number in ("n", "value")
    }


def answered(
    ask: Asker, metric: str, cell: dict[str, str], version: str | None
) -> dict[tuple[Any, ...], float | None]:
    """The same of MetricFlow. Only scores have versions; others have the one, `version`."""
    versions = [] if version else ["score__method_version"]
    return {
        (
            number,
            version or row["score__method_version"],
            *(_day(row[column]) for column in cell.values()),
        ): row[asked]
        for row in ask(metric, f"{metric}_n", by=[*versions, *cell.values()])
        # where nothing counts, nothing is published
        if row[f"{metric}_n"]
        for number, asked in (("n", f"{metric}_n"), ("value", metric))
    }


def _day(value: object) -> object:
    return value.date() if isinstance(value, datetime) else value


@pytest.mark.parametrize("cell", CELLS)
def test_every_metric_that_is_published_under_the_same_name_has_the_same_n_and_value(
    ask: Asker, names: set[str], published: list[dict[str, Any]], cell: str
) -> None:
    both = names & {row["metric"] for row in published}
    assert both >= {*SCORED, "response_rate", "reopen_rate", "one_touch_rate", "fcr"}

    for metric in sorted(both):
        wanted = expected(published, metric, CELLS[cell])
        version = None if metric in SCORED else next(iter(wanted))[1]
        found = answered(ask, metric, CELLS[cell], version)
        # what is published has four digits
        assert found == pytest.approx(wanted, abs=1e-4), metric
        assert len(wanted) > 1, metric


def test_values_of_two_method_versions_are_not_averaged(ask: Asker) -> None:
    [row] = ask("ces", "ces_n", "ces_versions")
    assert row == {"ces": None, "ces_n": row["ces_n"], "ces_versions": 2}
    assert row["ces_n"] > 50

    apart = ask("ces", "ces_n", by=["score__method_version"])
    assert {r["score__method_version"] for r in apart} == {"ces 1-5", "ces 1-7"}
    assert all(r["ces"] is not None for r in apart)


@pytest.mark.parametrize("by", [[], ["metric_time__month"]])
def test_journeys_agree_with_their_funnels(built: Warehouse, ask: Asker, by: list[str]) -> None:
    counts = ("reached", "failed", "abandoned", "ended", "open")
    asked = ("journeys", *(f"journeys_{c}" for c in counts), "journeys_n", "reached_share")
    found = {
        (row["journey__kind"], *(_day(row[b]) for b in by)): tuple(row[name] for name in asked)
        for row in ask(*asked, by=["journey__kind", *by])
    }
    wanted = built.rows(
        f"select journey, period_start, entered, {', '.join(counts)}, n, reached_share"
        f" from release.main.journey_funnels where period_grain = '{'month' if by else 'all'}'"
    )

    assert len(wanted) > 3
    assert any(row[-1] is not None for row in wanted)
    for journey, start, entered, *numbers, n, share in wanted:
        *counted, over, found_share = found.pop((journey, *([start] if by else [])))
        assert counted == [entered, *numbers]
        open_ones = numbers[counts.index("open")]
        assert over == entered - open_ones
        # over all months the funnel has the settled ones; MetricFlow nothing while many are open
        is_settled = open_ones <= 1 or 50 * open_ones <= entered
        assert found_share == pytest.approx(share if is_settled else None, abs=1e-4)
        assert n == over or not (by or is_settled)
    assert found == {}
    [mixed] = ask("reached_share", "journey_kinds")
    assert mixed["reached_share"] is None
    assert mixed["journey_kinds"] > 1


COUNTED = {
    "cases": "count(*) from release.main.cases",
    "cases_reopened": "count(*) filter (reopens > 0) from release.main.cases",
    "case_customer_messages": "sum(customer_messages) from release.main.cases",
    "customer_messages_per_case": "avg(customer_messages) from release.main.cases",
    "case_agent_messages": "sum(agent_messages) from release.main.cases",
    "cases_unresolved": (
        "count(*) filter (resolved_at is null and not is_merged) from release.main.cases"
    ),
    "cases_waiting": "count(*) filter (is_waiting) from release.main.cases",
    "comments": "count(*) from release.main.comments",
}


@pytest.mark.parametrize("metric", COUNTED)
def test_what_is_counted_agrees_with_the_tables(built: Warehouse, ask: Asker, metric: str) -> None:
    for by in ("touchpoint", "source", "channel", "segment"):
        wanted = dict(built.rows(f"select {by}, {COUNTED[metric]} group by all"))
        found = {row[by]: row[metric] for row in ask(metric, by=[by])}
        assert found == pytest.approx(wanted)
        assert any(wanted.values())


def test_one_question_may_ask_for_metrics_of_several_tables(ask: Asker) -> None:
    rows = ask("nps", "response_rate", "comments", "cases", by=["touchpoint"])
    assert {"delivery", "support", "review"} <= {row["touchpoint"] for row in rows}


def test_what_is_known_of_a_customer_or_case_cuts_without_losing_or_doubling(ask: Asker) -> None:
    total = ask("nps_n", "comments")
    for by in ("customer__language", "account__country", "customer__account__country"):
        parts = ask("nps_n", "comments", by=[by])
        for metric in ("nps_n", "comments"):
            assert sum(row[metric] or 0 for row in parts) == total[0][metric]
    by_status = ask("csat_n", by=["support_case__status"])
    assert {"solved", "closed"} <= {row["support_case__status"] for row in by_status}


def test_an_estimate_says_how_many_stand_behind_it_and_where_its_interval_is(
    ask: Asker, names: set[str]
) -> None:
    estimates = [
        m for m in ask.manifest.metrics if m.type.value == "derived" and m.name[-2:] != "_n"
    ]
    assert len(estimates) > 9
    for metric in estimates:
        said = re.search(r"n is `(\w+)`", metric.description)
        assert (said[1] if said else f"{metric.name}_n") in names, metric.name
        assert "interval" in metric.description, metric.name


def test_the_command_answers_from_the_published_file_alone(
    built: Warehouse, ask: Asker, tmp_path: Path
) -> None:
    # it looks for what dbt parsed in the folder of the project
    project = shutil.copytree(
        PROJECT, tmp_path / "project", ignore=shutil.ignore_patterns("target", "logs")
    )
    environment = {
        **os.environ,
        "EARFUL_TARGET": "published",
        "EARFUL_PUBLISHED": str(built.release),
        # it would ask pypi.org whether there is a newer one
        "HTTPS_PROXY": "http://127.0.0.1:9",
    }

    def run(*command: str) -> None:
        program = Path(sys.executable).with_name(command[0])
        subprocess.run([program, *command[1:]], cwd=project, env=environment, check=True)

    answer = tmp_path / "answer.csv"
    run("dbt", "parse", "--quiet")
    run(
        "mf",
        "query",
        *("--metrics", "nps,nps_n"),
        *("--group-by", "touchpoint"),
        "--csv",
        str(answer),
    )

    with answer.open() as file:
        found = {row["touchpoint"]: int(row["nps_n"]) for row in csv.DictReader(file)}
    assert found == {r["touchpoint"]: r["nps_n"] for r in ask("nps_n", by=["touchpoint"])}


def test_the_semantic_layer_reads_what_is_published_and_nothing_else(ask: Asker) -> None:
    relations = {m.node_relation.relation_name for m in ask.manifest.semantic_models}
    assert len(relations) == 7
    assert all(name.startswith('"release"."main".') for name in relations)


def test_employees_are_not_in_the_semantic_layer(built: Warehouse, ask: Asker) -> None:
    """Groups that are large enough do not stay so when everybody cuts them as they like."""
    models = {
        node["relation_name"]: node
        for node in built.manifest()["nodes"].values()
        if node["resource_type"] == "model"
    }
    reads = {m.name: models[m.node_relation.relation_name] for m in ask.manifest.semantic_models}
    # int_scores and metrics hold employees beside customers
    assert {node["access"] for node in reads.values()} == {"public"}
    assert all(node["group"] != "workforce" for node in reads.values())
    assert "metrics" not in {node["name"] for node in reads.values()}

    assert built.rows("select count(*) from staging.stg_pulse_answers") > [(0,)]
    kinds = {(row["score__kind"], row["score__metric"]) for row in _by_kind(ask)}
    assert kinds == {("survey", "nps"), ("survey", "ces"), ("case", "csat"), ("review", "rating")}


def _by_kind(ask: Asker) -> list[dict[str, Any]]:
    return ask(*(f"{metric}_n" for metric in SCORED), by=["score__kind", "score__metric"])
