"""`earful report` and `earful report serve`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from orchestration import settings as instance_settings
from orchestration.cli.output import HIGHEST_PORT, Json, Quiet, say, show, show_json

app = typer.Typer(
    help="Build the report of the published version; `serve` shows it on 127.0.0.1.",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def report(context: typer.Context, *, as_json: Json = False, quiet: Quiet = False) -> None:
    """Build the report of the published version; `serve` shows it on 127.0.0.1."""
    if context.invoked_subcommand is not None:
        return
    from orchestration.report.build import build

    made = build(instance_settings.load())
    if as_json:
        show_json({**asdict(made), "path": str(made.path)})
    elif not quiet:
        show(str(made.path))
        say(f"{made.pages} pages, {made.size / 1e6:.1f} MB, of version {made.version}")


@app.command()
def serve(
    port: Annotated[
        int,
        typer.Option(help="Port on 127.0.0.1; 0 for one that is free.", min=0, max=HIGHEST_PORT),
    ] = 3001,
) -> int:
    """Serve the current report to this machine alone, until interrupted."""
    from orchestration.report.serving import serving

    with serving(instance_settings.load(), port) as server:
        say(f"the report is on http://127.0.0.1:{server.server_port}/; Ctrl-C ends it")
        server.serve_forever()
    return 0
