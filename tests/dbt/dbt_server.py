"""The process of dbt_process.py.

It reads one request a line, `{"arguments": [...], "environment": {...}}`, and answers each with one
line, `{"succeeded": ..., "said": ...}`.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import tempfile
from types import CodeType
from typing import IO

from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from jinja2 import Environment

from orchestration.dbt.child import end
from orchestration.dbt.lean import make_dbt_lean


def serve() -> None:
    """Answer until nobody asks any more."""
    # what dbt prints goes into a file, the answers where it printed before
    answers = os.fdopen(os.dup(1), "w")
    printed = tempfile.TemporaryFile("w+")  # noqa: SIM115 - open until the process ends
    os.dup2(printed.fileno(), 1)
    # a tenth of the time went into looking through modules and manifests for garbage
    gc.disable()
    make_dbt_lean()
    _compile_templates_once()
    for asked, line in enumerate(sys.stdin, 1):
        request = json.loads(line)
        os.environ.update(request["environment"])
        result = dbtRunner().invoke(request["arguments"])
        # the next request may find other files in the same place
        DuckDBConnectionManager.close_all_connections()
        # a sixth of a small build; what eight of them leave are 400 MB
        if asked % 8 == 0:
            gc.collect()
        said = _taken(printed) + str(result.exception or "")
        answers.write(json.dumps({"succeeded": result.success, "said": said}) + "\n")
        answers.flush()


def _compile_templates_once() -> None:
    """Keep what templates are compiled to: the models are the same in every request."""
    compiled, codes = Environment.compile, {}

    def compile_once(environment: Environment, source: str) -> CodeType:
        key = (type(environment), *environment.extensions, source)
        if key not in codes:
            codes[key] = compiled(environment, source)
        return codes[key]

    Environment.compile = compile_once


def _taken(printed: IO[str]) -> str:
    """What was printed since it was last asked."""
    sys.stdout.flush()
    printed.seek(0)
    text = printed.read()
    printed.seek(0)
    printed.truncate()
    return text


if __name__ == "__main__":
    serve()
    end(0)
