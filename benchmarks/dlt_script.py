"""Pages -> current rows with dlt, run by an interpreter that has it: script pages folder.

Its fastest setting that we know: orjson, no child tables, Parquet files, one merge by key; the
pool of normalizing processes is left out, because pages are too few files to share.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

pages, work = map(Path, sys.argv[1:])
os.environ |= {
    "RUNTIME__LOG_LEVEL": "CRITICAL",
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "DLT_DATA_DIR": str(work),
}

import dlt  # type: ignore[import-not-found] # noqa: E402 - a peer, not a dependency
import orjson  # noqa: E402


@dlt.resource(name="tickets", primary_key="id", write_disposition="merge", max_table_nesting=0)  # type: ignore[untyped-decorator]
def tickets() -> Iterator[list[dict[str, Any]]]:
    """The tickets of each page."""
    for page in sorted(pages.iterdir()):
        yield orjson.loads(page.read_bytes())["tickets"]


database = str(work / "peer.duckdb")
began, used = time.perf_counter(), time.process_time()
pipeline = dlt.pipeline(
    "peer",
    destination=dlt.destinations.duckdb(database),
    dataset_name="raw",
    pipelines_dir=str(work / "pipelines"),
)
pipeline.run(tickets(), loader_file_format="parquet")
seconds, cpu = time.perf_counter() - began, time.process_time() - used
with pipeline.sql_client() as client:
    [[rows]] = client.execute_sql("select count(*) from tickets")
sys.stdout.write(json.dumps({"seconds": seconds, "cpu": cpu, "rows": rows}) + "\n")
