"""`earful run`, `earful demo`, `earful dev`."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration import dagster_home
from orchestration import settings as instance_settings
from orchestration.cli.output import Json, Quiet, Verbose, say, show, show_json, show_table
from orchestration.cli.progress import Progress
from orchestration.settings import ROOT, Settings, config_file

if TYPE_CHECKING:
    from orchestration.report import Report

Sources = Annotated[list[str] | None, typer.Argument(help="Sources to read; all if none.")]
Since = Annotated[
    str | None, typer.Option(help="Read again from this date or time (UTC), inclusive.")
]
Until = Annotated[str | None, typer.Option(help="... up to this date or time, exclusive.")]

_SQL = (
    'sql "select metric, touchpoint, n, value, interval_low, interval_high from metrics '
    "where period_grain = 'all' and source = 'all' and segment = 'all' order by all\""
)


def run(
    sources: Sources = None,
    since: Since = None,
    until: Until = None,
    *,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> int:
    """Read sources, load, judge, model and publish."""
    settings = instance_settings.load()
    report = _execute(
        settings, sources or [], since, until, Progress(quiet=quiet or as_json, verbose=verbose)
    )
    if as_json:
        show_json({**asdict(report), "exit_code": report.exit_code})
    else:
        _show(settings, report, quiet=quiet)
    return report.exit_code


def demo(*, as_json: Json = False, quiet: Quiet = False, verbose: Verbose = False) -> int:
    """The whole way on the bundled sample exports, and what to look at then."""
    code = run(as_json=as_json, quiet=quiet, verbose=verbose)
    if code == 0 and not as_json and not quiet:
        show()
        show("Three things to try:")
        show(f"  {_earful()} {_SQL}")
        show(f"  {_earful()} status    # sources, rejects, gates, versions")
        show("  make dev    # the graph, its checks and schedules on http://127.0.0.1:3000")
    return code


def dev(port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 3000) -> None:
    """The Dagster UI on 127.0.0.1, with schedules and sensors running."""
    settings = instance_settings.load()
    environment = {
        **os.environ,
        "DAGSTER_HOME": str(dagster_home.prepare(settings)),
        # it is started in the checkout, so a settings file needs its whole path
        "EARFUL_CONFIG": str(config_file().resolve()) if config_file().exists() else "",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    environment = {name: value for name, value in environment.items() if value}
    os.chdir(ROOT)
    dagster = str(Path(sys.executable).with_name("dagster"))
    arguments = ["dev", "--host", "127.0.0.1", "--port", str(port), "--workspace", "workspace.yaml"]
    os.execve(dagster, [dagster, *arguments], environment)  # noqa: S606 - replaces this process


def _earful() -> str:
    """This command as it can be pasted here, whether or not its environment is activated."""
    called = Path(sys.argv[0])
    found = shutil.which("earful")
    if found and Path(found).samefile(called):
        return "earful"
    return os.path.relpath(called)


def _execute(
    settings: Settings, sources: list[str], since: str | None, until: str | None, progress: Progress
) -> Report:
    settings.data.mkdir(parents=True, exist_ok=True)
    log = settings.data / "last_run.log"
    # the libraries' own talk would drown the summary; a failed run says where to find it
    with (
        progress,
        log.open("w") as file,
        contextlib.redirect_stdout(file),
        contextlib.redirect_stderr(file),
    ):
        from orchestration.runs import run as run_pipeline
        from orchestration.windows import window

        return run_pipeline(settings, sources, window(since, until), progress)


def _show(settings: Settings, report: Report, *, quiet: bool) -> None:
    if not quiet:
        show_table(
            "Read",
            ["stream", "family", "read", "accepted", "set aside", "repeated"],
            [
                [s.name, s.family, s.read, s.accepted, s.rejected, s.deduplicated]
                for s in report.streams
            ],
        )
        _show_rejects(settings, report)
        _show_published(settings, report)
    for stream in report.streams:
        if stream.error:
            say(f"failed: {stream.name}: {stream.error}")
    for check in report.failed_checks:
        say(f"check failed: {check.name}: {check.why}")
    for error in report.errors:
        say(f"failed: {error}")
    if report.exit_code:
        say(f"log: {settings.data / 'last_run.log'}")


def _show_rejects(settings: Settings, report: Report) -> None:
    from orchestration.overview import reject_reasons

    reasons = reject_reasons(
        settings, {stream.name for stream in report.streams if stream.rejected}
    )
    if reasons:
        show()
        show_table("Set aside, and why", ["stream", "where", "reason", "records"], reasons)
    if report.refused_rows:
        show()
        show_table(
            "Set aside by the raw gate (raw.<table>__rejects)",
            ["table", "rows"],
            list(report.refused_rows.items()),
        )


def _show_published(settings: Settings, report: Report) -> None:
    from orchestration.overview import published_tables

    show()
    if report.published:
        rows = published_tables(settings)
        show_table(
            f"Published: {settings.published / 'earful.duckdb'}",
            ["table", "rows", "what it is"],
            rows,
        )
        show(f"{report.checks} checks ran, {len(report.failed_checks)} failed.")
    elif report.exit_code in (0, 4):
        show("Nothing new: the published version is current.")
