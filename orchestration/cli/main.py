"""Puts the commands together, and turns errors into sentences and exit codes."""

from __future__ import annotations

import json
import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from dotenv import load_dotenv

from connectors.errors import EarfulError
from orchestration import settings as instance_settings
from orchestration.cli import (
    config,
    data,
    demo,
    dev,
    doctor,
    erase,
    explain,
    publish,
    report,
    run,
    status,
)
from orchestration.cli.output import say, show
from orchestration.unwritable import is_refusal, unwritable

app = typer.Typer(
    help="Earful: every voice of the customer in one warehouse.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:  # noqa: FBT001 - the signature that Typer calls
    if asked:
        show(f"earful {version('earful')}")
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option("--version", callback=_version, is_eager=True, help="Say which version it is."),
]


@app.callback()
def _instance(
    config_file: Annotated[
        str | None, typer.Option("--config", metavar="FILE", help="Settings file (earful.toml).")
    ] = None,
    *,
    _: Version = False,
) -> None:
    if config_file:
        os.environ["EARFUL_CONFIG"] = config_file


app.command("run")(run.run)
app.command("demo")(demo.demo)
app.command("dev")(dev.dev)
app.command("status")(status.status)
app.command("sql")(data.sql)
app.command("replay")(data.replay)
app.command("compact")(data.compact)
app.command("erase")(erase.erase)
app.command("publish")(publish.publish)
app.add_typer(report.app, name="report")
app.command("doctor")(doctor.doctor)
app.command("explain")(explain.explain)
app.add_typer(config.app, name="config")


def main() -> None:
    """Run the command line; the exit code says how it went."""
    load_dotenv(Path.cwd() / ".env")
    arguments = _config_anywhere(sys.argv[1:])
    try:
        code = app(args=arguments, standalone_mode=False)
    except EarfulError as error:
        _tell(error, as_json="--json" in arguments)
        sys.exit(error.exit_code)
    except typer.Exit as stop:
        sys.exit(stop.exit_code)
    except typer.Abort:
        sys.exit(130)
    except KeyboardInterrupt:
        say("interrupted; nothing half-done stays visible, the next run continues")
        sys.exit(130)
    except BrokenPipeError:
        # the reader of our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        if not is_refusal(error):
            raise
        refused = unwritable(
            Path(str(error.filename or instance_settings.load().data)), error.strerror
        )
        _tell(refused, as_json="--json" in arguments)
        sys.exit(refused.exit_code)
    except typer.TyperException as error:
        # without one, what there is has been listed already
        if message := error.format_message().rstrip("."):
            say(f"error: {message}. earful --help lists what there is.")
        sys.exit(2)
    sys.exit(code if isinstance(code, int) else 0)


def _config_anywhere(arguments: list[str]) -> list[str]:
    """Let `--config FILE` stand after any verb, as every other flag may."""
    rest, moved = [], []
    for argument in arguments:
        name, equals, file = argument.partition("=")
        rest += [name, file] if name == "--config" and equals else [argument]
    while "--config" in rest[:-1]:
        at = rest.index("--config")
        moved = rest[at : at + 2]
        del rest[at : at + 2]
    return [*moved, *rest]


def _tell(error: EarfulError, *, as_json: bool) -> None:
    if as_json:
        body = {"error": error.code, "where": error.where, "what": error.what}
        sys.stdout.write(json.dumps({**body, "remedy": error.remedy}) + "\n")
    say(f"error: {error}")
    say(f"earful explain {error.code} says more")
