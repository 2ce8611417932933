"""`earful publish`."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration import settings as instance_settings
from orchestration.cli.output import Json, say, show, show_json


def publish(
    *,
    rollback: Annotated[
        bool, typer.Option("--rollback", help="Go back to the version before the current one.")
    ] = False,
    as_json: Json = False,
) -> int:
    """List published versions, or go back to the one before."""
    from orchestration.publishing.versions import Versions

    settings = instance_settings.load()
    versions = Versions(settings.published)
    if rollback:
        from orchestration.report import editions
        from orchestration.warehouse import WriterGate

        with WriterGate(settings.data, settings.lock_wait).hold("rollback"):
            left, current = versions.roll_back()
            follows = editions.follow(settings, current)
        say(f"readers now get {current}; {left} is kept")
        if not follows:
            say("its report is not kept: earful report builds it")
    if as_json:
        show_json({"current": versions.current(), "versions": versions.names()})
    else:
        for name in versions.names():
            show(f"{'*' if name == versions.current() else ' '} {name}")
    return 0
