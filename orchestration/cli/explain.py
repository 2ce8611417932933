"""`earful explain`."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated

import typer

from connectors import explanations as of_connectors
from connectors.errors import FixConfiguration
from orchestration import explanations as of_orchestration
from orchestration.cli.output import Json, show, show_json, show_table

_ALL = of_connectors.EXPLANATIONS | of_orchestration.EXPLANATIONS


Code = Annotated[str | None, typer.Argument(help="Code of an error.")]


def explain(code: Code = None, *, as_json: Json = False) -> int:
    """What an error's code means, and what to do; without a code, the list of them."""
    if code is None and as_json:
        show_json(dict(sorted(_ALL.items())))
        return 0
    if code is None:
        show_table(
            "",
            ["code", "what it is about"],
            [[known, text.split(". ")[0].rstrip(".")] for known, text in sorted(_ALL.items())],
        )
        return 0
    text = _ALL.get(code.upper())
    if text is None:
        near = get_close_matches(code.upper(), _ALL, n=3)
        raise FixConfiguration(
            "CODE-UNKNOWN",
            code,
            "no such code",
            f"Did you mean {' or '.join(near)}?" if near else "earful explain lists them all.",
        )
    if as_json:
        show_json({code.upper(): text})
    else:
        show(f"{code.upper()}\n\n{text}")
    return 0
