"""`earful run`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration import settings as instance_settings
from orchestration.cli.output import Json, Quiet, Verbose, say, show, show_json, show_table
from orchestration.cli.progress import Progress
from orchestration.demo.beside import beside
from orchestration.demo.home import exists
from orchestration.long_lived import long_lived
from orchestration.settings import Settings
from orchestration.unwritable import make_folder

if TYPE_CHECKING:
    from orchestration.dbt.manifest import Parsing
    from orchestration.outcome import Outcome

Sources = Annotated[list[str] | None, typer.Argument(help="Sources to read; all if none.")]
Since = Annotated[
    str | None, typer.Option(help="Read again from this date or time (UTC), inclusive.")
]
Until = Annotated[str | None, typer.Option(help="... up to this date or time, exclusive.")]


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
    from orchestration.dbt import manifest as dbt_manifest

    settings = instance_settings.load()
    progress = Progress(quiet=quiet or as_json, verbose=verbose)
    with dbt_manifest.parsing(settings) as parsing, beside(settings):
        outcome = execute(settings, sources or [], (since, until), progress, parsing)
    if as_json:
        show_json({**asdict(outcome), "exit_code": outcome.exit_code})
    else:
        show_outcome(settings, outcome, quiet=quiet)
        if outcome.failed_streams and _lacks_its_demo(settings):
            say("A fresh checkout has the demo's sources: `earful demo` brings up their vendors.")
    return outcome.exit_code


def _lacks_its_demo(settings: Settings) -> bool:
    from orchestration.sources import OWN_SOURCES

    return settings.sources == OWN_SOURCES and not exists(settings)


def execute(
    settings: Settings,
    sources: list[str],
    again: tuple[str | None, str | None],
    progress: Progress,
    parsing: Parsing,
) -> Outcome:
    """Run the pipeline.

    Args:
        settings: The instance.
        sources: Those to read, all if none.
        again: Since and until, where a window is to be read once more.
        progress: Told of each step.
        parsing: The dbt project, being parsed while this process imports Dagster.
    """
    with logged(settings, progress):
        with long_lived():
            from orchestration.runs import run as run_pipeline
            from orchestration.windows import window

        return run_pipeline(settings, sources, window(*again), progress, parsing)


@contextlib.contextmanager
def logged(settings: Settings, progress: Progress) -> Iterator[None]:
    """Have what the libraries say in a log beside the data, and each step told to `progress`."""
    make_folder(settings.data)
    log = settings.data / "last_run.log"
    # the libraries' own talk would drown the summary; a failed run says where to find it
    with (
        progress,
        log.open("w") as file,
        contextlib.redirect_stdout(file),
        contextlib.redirect_stderr(file),
    ):
        yield


def show_outcome(settings: Settings, outcome: Outcome, *, quiet: bool) -> None:
    """What was read, what was set aside and why, what was published, what failed."""
    if not quiet:
        show_table(
            "Read",
            ["stream", "family", "read", "accepted", "set aside", "repeated"],
            [
                [s.name, s.family, s.read, s.accepted, s.rejected, s.deduplicated]
                for s in outcome.streams
            ],
        )
        _show_rejects(settings, outcome)
        _show_published(settings, outcome)
    for error, names in outcome.failed_streams.items():
        say(f"failed: {', '.join(names)}: {error}")
    for sentence in outcome.silent:
        say(f"silent: {sentence}")
    for check in outcome.failed_checks:
        say(f"check failed: {check.name}: {check.why}")
    for error in outcome.errors:
        say(f"failed: {error}")
    if outcome.exit_code:
        say(f"log: {settings.data / 'last_run.log'}")


def _show_rejects(settings: Settings, outcome: Outcome) -> None:
    from orchestration.overview import reject_reasons

    reasons = reject_reasons(
        settings, {s.name for s in outcome.streams if s.rejected}, outcome.began
    )
    if reasons:
        show()
        show_table("Set aside, and why", ["stream", "where", "reason", "records"], reasons)
    if outcome.refused_rows:
        show()
        show_table(
            "Set aside by the raw gate (raw.<table>__rejects)",
            ["table", "rows"],
            list(outcome.refused_rows.items()),
        )


def _show_published(settings: Settings, outcome: Outcome) -> None:
    from orchestration.overview import published_tables
    from orchestration.publishing.versions import Versions

    show()
    if outcome.published:
        rows = published_tables(settings)
        show_table(
            f"Published: {settings.published / 'earful.duckdb'}",
            ["table", "rows", "what it is"],
            rows,
        )
        show(f"{outcome.checks} checks ran, {len(outcome.failed_checks)} failed.")
    elif outcome.exit_code in (0, 4):
        versions = Versions(settings.published)
        if versions.is_rolled_back():
            show(f"Nothing new: readers keep {versions.current()}, which they were taken back to.")
        elif versions.current():
            show("Nothing new: the published version is current.")
        else:
            show("Nothing is published yet.")
    if outcome.report:
        show(f"Report: {outcome.report}")
