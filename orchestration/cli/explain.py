"""`earful explain`."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated

import typer
from connectors.explanations import EXPLANATIONS

from connectors.errors import FixConfiguration
from orchestration.cli.output import show


def explain(code: Annotated[str | None, typer.Argument(help="Code of an error.")] = None) -> int:
    """What an error's code means, and what to do; without a code, the list of them."""
    if code is None:
        for known in sorted(EXPLANATIONS):
            show(known)
        return 0
    text = EXPLANATIONS.get(code.upper())
    if text is None:
        near = get_close_matches(code.upper(), EXPLANATIONS, n=3)
        raise FixConfiguration(
            "CODE-UNKNOWN",
            code,
            "no such code",
            f"Did you mean {' or '.join(near)}?" if near else "earful explain lists them all.",
        )
    show(f"{code.upper()}\n\n{text}")
    return 0
