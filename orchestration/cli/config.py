"""`earful config`."""

from __future__ import annotations

import os

import typer

from orchestration import settings as instance_settings
from orchestration.cli.output import Json, show_json, show_table
from orchestration.settings import Settings, config_file

app = typer.Typer(help="Settings of this instance.", no_args_is_help=True)


@app.callback()
def _config() -> None:
    """Settings of this instance."""


@app.command("show")
def show_config(*, as_json: Json = False) -> int:
    """Every setting, its value, and where the value comes from."""
    settings = instance_settings.load()
    in_file = instance_settings.settings_in_file()
    rows = [
        [name, str(getattr(settings, name)), _origin(name, in_file), field.description or ""]
        for name, field in Settings.model_fields.items()
    ]
    if as_json:
        show_json([dict(zip(("name", "value", "from", "what"), row, strict=True)) for row in rows])
    else:
        show_table("", ["setting", "value", "from", "what it is"], rows)
    return 0


def _origin(name: str, in_file: set[str]) -> str:
    variable = f"EARFUL_{name.upper()}"
    if variable in os.environ:
        return variable
    return str(config_file()) if name in in_file else "default"
