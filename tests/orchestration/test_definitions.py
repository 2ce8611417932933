"""Dagster sees the house as it was designed: every asset described, every edge where it belongs."""

from __future__ import annotations

import gc
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml
from house import House, review

from connectors.errors import FixConfiguration
from connectors.families import TABLES
from connectors.vendors import Options, connector
from orchestration import settings
from orchestration.checks import release_gate
from orchestration.checkup import checkup
from orchestration.dbt import manifest as dbt_manifest
from orchestration.defs.warehouse import automation
from orchestration.loading import load_definitions
from orchestration.long_lived import long_lived
from orchestration.settings import ROOT
from orchestration.sources import source_config

SOURCES = ROOT / "orchestration/defs/sources"
LAYERS = {
    # layer -> layers that it may read
    "landing": set[str](),
    "raw": {"landing"},
    "seeds": set[str](),
    # what an instance without a probabilistic pass has is an empty table
    "matching": {"raw"},
    "calendars": {"seeds"},
    "staging": {"raw", "matching", "calendars"},
    "intermediate": {"staging", "intermediate", "seeds"},
    "numbers": {"intermediate", "marts", "numbers", "seeds"},
    "marts": {"intermediate", "marts", "numbers", "seeds"},
    "release": {"marts"},
    "published": {"release"},
    "report": {"published"},
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("definitions")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("EARFUL_")]:
            patch.delenv(name)
        patch.setenv("EARFUL_DATA", str(folder))
        yield folder


@pytest.fixture(scope="module")
def definitions(data: Path) -> dg.Definitions:
    assert data.is_dir()
    return load_definitions()


@pytest.fixture(scope="module")
def specs(definitions: dg.Definitions) -> dict[str, dg.AssetSpec]:
    return {spec.key.to_user_string(): spec for spec in definitions.resolve_all_asset_specs()}


@pytest.fixture(scope="module")
def manifest(definitions: dg.Definitions) -> dict[str, Any]:
    """What dbt itself says of the project that the definitions were made of."""
    assert definitions
    found: dict[str, Any] = json.loads(dbt_manifest.ensure(settings.load()).read_bytes())
    return found


def deps(spec: dg.AssetSpec) -> set[str]:
    return {dep.asset_key.to_user_string() for dep in spec.deps}


def checks(definitions: dg.Definitions, prefix: str) -> list[dg.AssetCheckSpec]:
    return [
        spec
        for assets in definitions.resolve_asset_graph().assets_defs
        for spec in assets.check_specs
        if spec.asset_key.path[0] == prefix
    ]


def test_every_asset_says_what_it_is_whose_it_is_and_where_it_lives(
    specs: dict[str, dg.AssetSpec],
) -> None:
    lacking = {
        name: [word for word in ("description", "owners", "kinds", "group_name") if not spec[word]]
        for name, asset in specs.items()
        for spec in [
            {w: getattr(asset, w) for w in ("description", "owners", "kinds", "group_name")}
        ]
        if not all(spec.values())
    }

    assert lacking == {}


def test_landing_and_raw_assets_show_their_columns(specs: dict[str, dg.AssetSpec]) -> None:
    for name, spec in specs.items():
        if spec.key.path[0] in ("landing", "raw"):
            schema = spec.metadata["dagster/column_schema"]
            assert isinstance(schema, dg.TableSchema), name
            assert all(column.description for column in schema.columns), name
            assert all("privacy" in column.tags for column in schema.columns), name


def test_a_raw_asset_has_the_columns_of_its_contract(specs: dict[str, dg.AssetSpec]) -> None:
    for table in TABLES.values():
        shown = specs[f"raw/{table.name}"].metadata["dagster/column_schema"].columns
        assert [c.name for c in shown] == [c.name for c in table.columns]


def tables_of(attributes: dict[str, Any]) -> dict[str, list[str]]:
    """Tables that each stream fills: the user's mapping says so, or the vendor's connector."""
    if attributes["connector"] == "files":
        return {name: list(body["tables"]) for name, body in attributes["streams"].items()}
    endpoints = connector(attributes["connector"]).endpoints(Options())
    return {name: list(endpoint.stream.tables) for name, endpoint in endpoints.items()}


@pytest.mark.parametrize(
    "sources",
    [SOURCES, ROOT / "examples/real/sources", ROOT / "examples/exports/sources"],
    ids=["demo", "real", "exports"],
)
def test_a_raw_table_hangs_on_exactly_the_streams_that_fill_it(
    data: Path, monkeypatch: pytest.MonkeyPatch, sources: Path
) -> None:
    assert data.is_dir()
    monkeypatch.setenv("EARFUL_SOURCES", str(sources))
    filling: dict[str, set[str]] = {f"raw/{name}": set() for name in TABLES}
    for file in sources.glob("*/defs.yaml"):
        for stream, tables in tables_of(yaml.safe_load(file.read_text())["attributes"]).items():
            for table in tables:
                filling[f"raw/{table}"].add(f"landing/{file.parent.name}/{stream}")

    found = {s.key.to_user_string(): s for s in load_definitions().resolve_all_asset_specs()}

    assert {name: deps(found[name]) for name in filling} == filling


def test_every_asset_reads_only_the_layers_before_it(specs: dict[str, dg.AssetSpec]) -> None:
    backwards = {
        f"{name} reads {dep}"
        for name, spec in specs.items()
        for dep in deps(spec)
        if dep.split("/")[0] not in LAYERS[spec.key.path[0]]
    }

    assert backwards == set()
    assert {spec.key.path[0] for spec in specs.values()} == LAYERS.keys()


def test_the_release_hangs_on_every_public_mart_and_nothing_else(
    specs: dict[str, dg.AssetSpec], manifest: dict[str, Any]
) -> None:
    marts = {
        f"marts/{node['name']}"
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["config"]["access"] == "public"
    }

    assert len(marts) > 10
    assert deps(specs["release"]) == marts
    assert deps(specs["published"]) == {"release"}
    assert deps(specs["report"]) == {"published"}


def test_every_raw_table_is_read_by_staging(specs: dict[str, dg.AssetSpec]) -> None:
    read = {
        dep for name, spec in specs.items() if name.startswith("staging/") for dep in deps(spec)
    }

    made = {name for name in specs if name.startswith("calendars/")} | {"matching/links"}
    assert read == {f"raw/{table}" for table in TABLES} | made


def test_the_gates_block(definitions: dg.Definitions) -> None:
    raw, release = checks(definitions, "raw"), checks(definitions, "release")

    assert {spec.asset_key.path[1] for spec in raw} == set(TABLES)
    assert {spec.name for spec in release} == set(release_gate.CHECKS)
    assert all(spec.blocking for spec in [*raw, *release])
    assert all(spec.description for spec in [*raw, *release])


def test_every_dbt_test_is_an_asset_check(
    definitions: dg.Definitions, manifest: dict[str, Any]
) -> None:
    tests = {n["name"] for n in manifest["nodes"].values() if n["resource_type"] == "test"}
    shown = {spec.name for layer in LAYERS for spec in checks(definitions, layer)}

    assert len(tests) > 30
    assert tests - shown == set()


def test_schedules_and_the_sensor_run_without_being_switched_on(
    definitions: dg.Definitions,
) -> None:
    repository = definitions.get_repository_def()
    scheduled = {
        file.parent.name: yaml.safe_load(file.read_text())["attributes"].get("schedule")
        for file in SOURCES.glob("*/defs.yaml")
    }

    assert {s.job_name: s.cron_schedule for s in repository.schedule_defs} == {
        f"land_{source}": cron for source, cron in scheduled.items() if cron
    }
    for schedule in repository.schedule_defs:
        assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
        assert schedule.execution_timezone == "UTC"
    [sensor] = repository.sensor_defs
    assert sensor.default_status is dg.DefaultSensorStatus.RUNNING


def test_a_source_goes_stale_when_its_yaml_says_so(specs: dict[str, dg.AssetSpec]) -> None:
    policy = specs["landing/zendesk/tickets"].freshness_policy

    assert policy == dg.FreshnessPolicy.time_window(fail_window=timedelta(days=2))


def test_the_build_reads_no_source(definitions: dg.Definitions) -> None:
    """The build follows every landing; if it landed too, it would follow itself."""
    job = definitions.resolve_job_def("build")
    selected = {key.path[0] for key in job.asset_layer.selected_asset_keys}

    assert "landing" not in selected
    assert {"raw", "marts", "published"} <= selected


def tick(
    definitions: dg.Definitions, instance: dg.DagsterInstance
) -> dg.RunRequest | dg.SkipReason:
    sensor = definitions.resolve_sensor_def("downstream")
    result = sensor(dg.build_sensor_context(instance=instance))
    assert isinstance(result, dg.RunRequest | dg.SkipReason)
    return result


def test_a_build_is_asked_for_once_per_state_of_landing(
    definitions: dg.Definitions, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EARFUL_DATA", str(house.settings.data))
    with dg.DagsterInstance.ephemeral() as instance:
        assert isinstance(tick(definitions, instance), dg.SkipReason)
        house.land([review(1)])
        first, again = tick(definitions, instance), tick(definitions, instance)
        house.land([review(2)])
        second = tick(definitions, instance)

    keys = [t.run_key for t in (first, again, second) if isinstance(t, dg.RunRequest)]
    assert len(keys) == 3
    assert keys[0] == keys[1] != keys[2]


def python(data: Path, code: str) -> str:
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "EARFUL_DATA": str(data)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_loading_the_definitions_does_not_wait_for_what_only_some_steps_need(data: Path) -> None:
    """Great Expectations takes seconds, and every step of every run would pay them."""
    loaded = python(
        data,
        "from orchestration.loading import load_definitions as l; l()\n"
        "import sys; print(sorted({name.split('.')[0] for name in sys.modules}))",
    )

    assert "'dagster'" in loaded
    for library in ("great_expectations", "numpy", "pandas", "cryptography", "holidays", "altair"):
        assert f"'{library}'" not in loaded


def test_an_instance_without_the_demo_runs_without_the_sandbox(data: Path) -> None:
    loaded = python(
        data,
        "from orchestration import settings\n"
        "from orchestration.demo.beside import beside\n"
        "from orchestration.cli import run\n"
        "import sys\n"
        "with beside(settings.load()): print(sorted(sys.modules))",
    )

    assert "'orchestration.cli.run'" in loaded
    for module in ("connectors.sandbox", "numpy", "dagster"):
        assert f"'{module}'" not in loaded


def test_what_lives_as_long_as_the_process_is_never_searched_for_garbage() -> None:
    before = gc.get_freeze_count()
    try:
        with pytest.raises(ZeroDivisionError), long_lived():
            kept: list[list[int]] = [[] for _ in range(1000)]
            assert not gc.isenabled()
            raise ZeroDivisionError

        assert gc.isenabled()
        assert gc.get_freeze_count() >= before + len(kept)
    finally:
        gc.unfreeze()


@pytest.fixture
def misspelt(tmp_path: Path) -> tuple[Path, int]:
    """A copy of a source with a typo, and the typo's line."""
    file = tmp_path / "orchestration/defs/sources/shop/defs.yaml"
    file.parent.mkdir(parents=True)
    lines = (SOURCES / "shop/defs.yaml").read_text().splitlines()
    line = next(n for n, text in enumerate(lines, 1) if "encoding" in text)
    lines[line - 1] = lines[line - 1].replace("encoding", "encodng")
    file.write_text("\n".join(lines) + "\n")
    return file, line


def test_a_typo_in_a_source_is_named_by_file_line_and_key(
    definitions: dg.Definitions, misspelt: tuple[Path, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert definitions
    file, line = misspelt
    monkeypatch.setenv("EARFUL_SOURCES", str(file.parents[1]))

    with pytest.raises(FixConfiguration) as caught:
        load_definitions()

    assert caught.value.code == "YAML-SCHEMA"
    assert caught.value.where == f"{file}:{line}, streams.orders.encodng"


@pytest.mark.parametrize(
    ("value", "where", "said"),
    [
        ("{column: amount, time_zone: Berlni}", ".time_zone", "no such time zone"),
        ("{column: amount, constant: 1}", "", "say exactly one of"),
        ("{column: amount, scale: [1]}", ".scale.1", "required"),
        ("[1]", "", "valid string"),
    ],
)
def test_of_a_value_with_several_shapes_the_one_that_was_meant_is_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str, where: str, said: str
) -> None:
    file = tmp_path / "sources/shop/defs.yaml"
    file.parent.mkdir(parents=True)
    text = (SOURCES / "shop/defs.yaml").read_text()
    file.write_text(text.replace("amount: amount", f"amount: {value}"))
    line = next(n for n, text in enumerate(file.read_text().splitlines(), 1) if value in text)
    monkeypatch.setenv("EARFUL_SOURCES", str(tmp_path / "sources"))

    with pytest.raises(FixConfiguration) as caught:
        load_definitions()

    columns = "streams.orders.tables.value_events.columns"
    assert caught.value.where == f"{file}:{line}, {columns}.amount{where}"
    assert said in caught.value.what


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("", "YAML-SCHEMA", "defs.yaml: has no attributes"),
        ("- a list\n", "YAML-SCHEMA", "defs.yaml: has no attributes"),
        ("type: orchestration.components.Source\n", "YAML-SCHEMA", "defs.yaml: has no attributes"),
        ("type: [\n", "YAML", "defs.yaml:2: not valid YAML"),
        ("type: caf\u00e9\n", "YAML", "defs.yaml: not valid YAML: not UTF-8"),
    ],
)
def test_a_file_that_is_no_source_is_named_whoever_reads_it(
    definitions: dg.Definitions,
    text: str,
    code: str,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert definitions
    file = tmp_path / "sources/shop/defs.yaml"
    file.parent.mkdir(parents=True)
    file.write_bytes(text.encode("latin-1"))
    monkeypatch.setenv("EARFUL_SOURCES", str(tmp_path / "sources"))

    for read in (load_definitions, lambda: source_config(file)):
        with pytest.raises(FixConfiguration) as caught:
            read()
        assert caught.value.code == code
        assert said in str(caught.value)
    [found] = [one for one in checkup(settings.load()) if one.what == "source shop"]
    assert not found.good
    assert said in f"{found.value}"


@pytest.mark.slow
def test_dagsters_own_check_names_the_typo_by_file_and_line(misspelt: tuple[Path, int]) -> None:
    """With the source's folder named: without, it looks at one source of each type only."""
    file, line = misspelt
    project = file.parents[4]
    for folder in ("orchestration", "connectors"):
        ignored = shutil.ignore_patterns("shop")
        shutil.copytree(ROOT / folder, project / folder, ignore=ignored, dirs_exist_ok=True)
    shutil.copy(ROOT / "pyproject.toml", project)

    ended = subprocess.run(
        [str(Path(sys.executable).with_name("dg")), "check", "yaml", str(file.parent)],
        env={**os.environ, "PYTHONPATH": str(project), "EARFUL_DATA": str(project / "data")},
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )

    said = ended.stdout + ended.stderr
    assert ended.returncode != 0
    assert f"{file.relative_to(project)}:{line}" in said
    assert "encodng" in said


def test_a_state_is_built_once_tried_again_after_a_failure_and_given_up_in_the_end(
    definitions: dg.Definitions, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert definitions
    monkeypatch.setattr(automation.instance_settings, "load", lambda: house.settings)

    with dg.DagsterInstance.ephemeral() as instance:

        def ask() -> dg.RunRequest | dg.SkipReason:
            context = dg.build_sensor_context(instance=instance)
            answer = automation.downstream(context)
            assert isinstance(answer, dg.RunRequest | dg.SkipReason)
            return answer

        def ended(request: dg.RunRequest, status: dg.DagsterRunStatus) -> None:
            run = dg.DagsterRun(job_name="build", status=status, tags=dict(request.tags))
            instance.add_run(run)

        assert isinstance(ask(), dg.SkipReason), "nothing has landed"
        house.land([review(1)])
        first = ask()
        assert isinstance(first, dg.RunRequest)
        ended(first, dg.DagsterRunStatus.FAILURE)
        second = ask()
        assert isinstance(second, dg.RunRequest)
        assert second.run_key != first.run_key
        ended(second, dg.DagsterRunStatus.SUCCESS)
        assert isinstance(ask(), dg.SkipReason), "it is built"

        house.land([review(2)])
        for _ in range(automation.ATTEMPTS):
            request = ask()
            assert isinstance(request, dg.RunRequest)
            ended(request, dg.DagsterRunStatus.FAILURE)
        assert isinstance(ask(), dg.SkipReason), "somebody has to look"
