"""Whatever opens the published file, reads the same: one checksum over every table and client."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
from house import House
from shop import COMMENTS, EDITION, METRICS, stock

from orchestration.publishing import snapshot
from orchestration.publishing.versions import FILE
from orchestration.settings import ROOT, Settings

pytestmark = pytest.mark.slow

UNREACHABLE = ("Failed to fetch", "error sending request", "ENOTFOUND", "ECONNREFUSED", "ETIMEDOUT")
CACHE = ROOT / "build" / "readers"
"""Other versions of DuckDB, kept between sessions; `make clean` removes them."""

ODD = """
    select i as id, i / 3.0::double as ratio, (i * 1.1)::decimal(18, 2) as amount,
        i % 2 = 0 as even, date '1969-12-31' + i::int as day,
        timestamp '2026-03-29 01:59:59.999999' + to_hours(i) as at,
        case when i % 3 <> 0 then 'käse 🧀 "' || i || E'"\\n;' end as text
    from range(5000) as t(i)
"""

DUCKDB_ALONE = """
import duckdb
with duckdb.connect(path, read_only=True) as db:
    answer(duckdb.__version__, db.execute(query).fetchone()[0])
"""
SQLALCHEMY = """
import duckdb
import sqlalchemy as sa
engine = sa.create_engine(
    "duckdb:///" + path, poolclass=sa.NullPool, connect_args={"read_only": True}
)
with engine.connect() as connection:
    answer(duckdb.__version__, connection.exec_driver_sql(query).scalar())
"""
ADBC = """
import adbc_driver_duckdb as driver, duckdb
from adbc_driver_manager import AdbcConnection, AdbcDatabase, AdbcStatement, dbapi
where = driver.driver_path if hasattr(driver, "driver_path") else driver._driver_path
database = AdbcDatabase(
    driver=where(), entrypoint="duckdb_adbc_init", path=path, access_mode="READ_ONLY"
)
with dbapi.Connection(database, AdbcConnection(database), autocommit=True) as connection:
    with connection.cursor() as cursor:
        cursor.execute(query)
        answer(duckdb.__version__, cursor.fetchone()[0])
"""
PREAMBLE = """
import json, sys
path, query = sys.argv[1:]
def answer(version, checksum):
    print(json.dumps({"version": version, "checksum": checksum}))
"""
NODE = """
const { DuckDBInstance } = require('@duckdb/node-api');
(async () => {
  const [path, query] = process.argv.slice(2);
  const database = await DuckDBInstance.create(path, { access_mode: 'READ_ONLY' });
  const connection = await database.connect();
  const read = async (sql) => (await connection.runAndReadAll(sql)).getRows()[0][0];
  const [version, checksum] = [await read('select version()'), await read(query)];
  console.log(JSON.stringify({ version: version.replace('v', ''), checksum }));
})();
"""


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published file with every type that may be in one."""
    folder = tmp_path_factory.mktemp("house")
    house = House(Settings(data=folder / "data", build=folder / "build", lock_wait=0))
    stock(house, metrics=METRICS, comments=COMMENTS, odd=ODD)
    (folder / "version").mkdir()
    snapshot.write(house.settings, folder / "version", EDITION)
    return folder / "version" / FILE


@pytest.fixture(scope="module")
def query(published: Path) -> str:
    """One hash of all rows of all tables, in words that every DuckDB from 1.0 on knows."""
    with duckdb.connect(published, read_only=True) as db:
        tables: dict[str, list[str]] = {}
        for table, column in db.execute(
            "select table_name, column_name from duckdb_columns() where not internal order by all"
        ).fetchall():
            tables.setdefault(table, []).append(f"coalesce(cast(\"{column}\" as varchar), 'null')")
    hashes = [
        f"(select count(*) || md5(string_agg(line, chr(30) order by line)) "
        f"from (select concat_ws(chr(31), {', '.join(cells)}) as line from {table}))"
        for table, cells in tables.items()
    ]
    return f"select md5(concat_ws(' ', {', '.join(hashes)}))"


@pytest.fixture(scope="module")
def expected(published: Path, query: str) -> str:
    with duckdb.connect(published, read_only=True) as db:
        [(checksum,)] = db.execute(query).fetchall()
    return str(checksum)


def installed(name: str, *command: str) -> Path:
    """A folder of the cache, filled by a command that gets the folder as its last argument."""
    folder = CACHE / name
    if folder.is_dir():
        return folder
    half = CACHE / f".{name}-{os.getpid()}"
    half.mkdir(parents=True)
    try:
        ended = subprocess.run(
            [*command, str(half)], capture_output=True, text=True, check=False, timeout=120
        )
    except subprocess.TimeoutExpired:
        shutil.rmtree(half)
        pytest.skip("the package index does not answer")
    said = ended.stdout + ended.stderr
    if ended.returncode and any(sign in said for sign in UNREACHABLE):
        shutil.rmtree(half)
        pytest.skip("the package index cannot be reached")
    assert ended.returncode == 0, said
    half.rename(folder)
    return folder


def uv() -> str:
    found = shutil.which(
        "uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    )
    return found or pytest.skip("uv is not installed")


@pytest.fixture(scope="module", params=["oldest", "newest"])
def duckdb_folder(request: pytest.FixtureRequest) -> Path:
    """The oldest or newest DuckDB from 1.0 on that there is for this Python."""
    resolution = {"oldest": "lowest", "newest": "highest"}[request.param]
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return installed(
        f"duckdb-{request.param}-py{python}",
        *(
            uv(),
            "--no-config",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--python",
            sys.executable,
        ),
        *("--only-binary", ":all:", "--resolution", resolution, "duckdb>=1.0"),
        "--target",
    )


def read(command: list[str], published: Path, query: str, **environment: str) -> dict[str, Any]:
    ended = subprocess.run(
        [*command, str(published), query],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stderr
    answer: dict[str, Any] = json.loads(ended.stdout)
    return answer


@pytest.mark.parametrize(
    "client", [DUCKDB_ALONE, SQLALCHEMY, ADBC], ids=["duckdb", "sqlalchemy", "adbc"]
)
def test_the_oldest_and_the_newest_duckdb_read_the_same_through_every_client(
    duckdb_folder: Path, published: Path, query: str, expected: str, client: str
) -> None:
    answer = read(
        [sys.executable, "-c", PREAMBLE + client], published, query, PYTHONPATH=str(duckdb_folder)
    )

    there = next(duckdb_folder.glob("duckdb-*.dist-info")).name
    assert there == f"duckdb-{answer['version']}.dist-info", "another DuckDB has answered"
    assert answer["checksum"] == expected


def test_node_reads_the_same(published: Path, query: str, expected: str, tmp_path: Path) -> None:
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    folder = installed(
        "node",
        *("npm", "install", "--silent", "--no-audit", "--no-fund", "@duckdb/node-api", "--prefix"),
    )
    script = tmp_path / "read.cjs"
    script.write_text(NODE)

    answer = read(["node", str(script)], published, query, NODE_PATH=str(folder / "node_modules"))

    assert answer["checksum"] == expected


def test_the_checksum_sees_a_single_changed_cell(
    published: Path, query: str, expected: str, tmp_path: Path
) -> None:
    """Guards the guard: a hash that sees nothing would agree everywhere."""
    changed = tmp_path / FILE
    shutil.copy(published, changed)
    changed.chmod(0o644)
    with duckdb.connect(changed) as db:
        db.execute("update odd set text = null where id = 4999")
        [(checksum,)] = db.execute(query).fetchall()

    assert checksum != expected
