"""dbt's models on a warehouse of a benchmark's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from orchestration import calendars
from orchestration.warehouse import connect

_ROOT = Path(__file__).parents[1]
SEEDS = _ROOT / "tests/dbt/seeds"
PROFILES = _ROOT / "dbt_project"


def build(
    folder: Path, *arguments: str, seeds: Path = SEEDS, profiles: Path = PROFILES
) -> dict[str, float]:
    """Build seeds and models on `folder`/warehouse.duckdb; seconds of each."""
    environment = {
        **os.environ,
        "EARFUL_WAREHOUSE": str(folder / "warehouse.duckdb"),
        "EARFUL_RELEASE": str(folder / "release.duckdb"),
        "EARFUL_SEED_PATH": os.path.relpath(seeds, _ROOT / "dbt_project"),
        "DBT_PROFILES_DIR": str(profiles),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }
    with connect(folder / "warehouse.duckdb") as connection:
        calendars.refresh(connection, seeds)
    dbt = str(Path(sys.executable).with_name("dbt"))
    kinds = ("--resource-type", "seed", "--resource-type", "model")
    ended = subprocess.run(  # noqa: S603 - ourselves
        [dbt, "build", *kinds, *arguments],
        cwd=_ROOT / "dbt_project",
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise RuntimeError(ended.stdout[-4000:])
    results = json.loads((folder / "target/run_results.json").read_text())["results"]
    return {r["unique_id"].split(".")[-1]: r["execution_time"] for r in results}
