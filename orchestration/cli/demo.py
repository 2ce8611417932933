"""`earful demo`: the whole way on a company that never was."""

from __future__ import annotations

import os
import shutil
import sys
import time
from dataclasses import asdict
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration import settings as instance_settings
from orchestration.cli.output import Json, Quiet, Verbose, say, show, show_json, show_table
from orchestration.cli.progress import Progress
from orchestration.cli.run import execute, show_outcome
from orchestration.settings import Settings

if TYPE_CHECKING:
    from orchestration.outcome import Outcome

Scale = Annotated[
    float | None,
    typer.Option(
        help="Size of the company; 1 is 20,000 customers. Default: 0.05, or what is there."
    ),
]
Advance = Annotated[str | None, typer.Option(help="Let time pass at the vendors first: 30d, 2w.")]
Faults = Annotated[bool, typer.Option("--faults", help="A bad day at the vendors.")]

_SQL = (
    'sql "select touchpoint, n, value as nps, interval_low, interval_high from metrics '
    "where metric = 'nps' and period_grain = 'all' and cut_by in ('all', 'touchpoint') "
    'order by value"'
)


def demo(
    scale: Scale = None,
    advance: Advance = None,
    *,
    faults: Faults = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> int:
    """The whole way on a made-up company: five vendors' APIs and a drop folder, on loopback."""
    from orchestration.dbt import manifest as dbt_manifest
    from orchestration.demo import company

    settings = instance_settings.load()
    passing = company.span(advance) if advance is not None else None
    wish = company.Wish(scale, passing, faults)
    began = time.monotonic()
    before = _rows(settings)
    with dbt_manifest.parsing(settings) as parsing, company.vendors(settings, wish) as vendors:
        made = time.monotonic() - began
        if not quiet and not as_json:
            say(
                f"a tea shop that never was, as of {vendors.now:%Y-%m-%d}; vendors on {vendors.url}"
            )
        progress = Progress(quiet=quiet or as_json, verbose=verbose)
        outcome = execute(settings, [], (None, None), progress, parsing)
        struck = len([r for r in vendors.requests() if r["status"] >= HTTPStatus.BAD_REQUEST])
    told = made + sum(outcome.seconds.values())
    outcome.seconds |= {"company and vendors": made, "starting": time.monotonic() - began - told}
    if as_json:
        show_json({**asdict(outcome), "exit_code": outcome.exit_code})
        return outcome.exit_code
    show_outcome(settings, outcome, quiet=quiet)
    if not quiet:
        if faults:
            show(f"A bad day: the vendors refused or failed {struck} requests.")
        _changed(settings, before)
        _where_time_went(outcome)
        if outcome.exit_code == 0:
            _what_next(settings)
    return outcome.exit_code


def _rows(settings: Settings) -> dict[str, int]:
    """Rows of each published table, before the run."""
    from orchestration.overview import published_tables
    from orchestration.publishing.versions import FILE

    if not (settings.published / FILE).exists():
        return {}
    return {name: rows for name, rows, _ in published_tables(settings)}


def _changed(settings: Settings, before: dict[str, int]) -> None:
    after = _rows(settings)
    changed = [(t, before[t], n, n - before[t]) for t, n in after.items() if before.get(t, n) != n]
    if changed:
        show()
        show_table("Changed", ["table", "rows before", "rows now", "more"], changed)


def _where_time_went(outcome: Outcome) -> None:
    spent = sorted(outcome.seconds.items(), key=lambda item: -item[1])
    total = sum(outcome.seconds.values())
    parts = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in spent[:6])
    show(f"{total:.0f} seconds: {parts}.")


def _what_next(settings: Settings) -> None:
    from orchestration.report.editions import reports

    show()
    show("Three things to try:")
    show(f"  {_earful()} {_SQL}")
    show(f"  {_earful()} demo --advance 30d    # a month passes; only what changed is read")
    show("  make dev    # the graph, its checks and schedules on http://127.0.0.1:3000")
    show()
    show(f"The report, for a browser: {reports(settings).root / 'current' / 'index.html'}")


def _earful() -> str:
    """This command as it can be pasted here, whether or not its environment is activated."""
    called = Path(sys.argv[0])
    found = shutil.which("earful")
    if found and Path(found).samefile(called):
        return "earful"
    return os.path.relpath(called)
