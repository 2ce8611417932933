"""What customers were promised, as SQL: how long an answer may take, how far past that one is."""

from __future__ import annotations

from collections.abc import Sequence

from orchestration.report.config import Promise
from orchestration.report.figures.context import Context
from orchestration.report.formats import duration
from orchestration.warehouse.sql import literal

_HOUR = 60


def promised(promises: Sequence[Promise]) -> str:
    """Minutes within which a row's customer is to be answered, by the first promise that it meets.

    Null where none does.
    """
    kinds = [
        (
            " and ".join(
                f"{column} = {literal(asked)}"
                for column, asked in (("touchpoint", one.touchpoint), ("priority", one.priority))
                if asked is not None
            ),
            one.within_hours * _HOUR,
        )
        for one in promises
    ]
    whens = " ".join(f"when {kind or 'true'} then {minutes!r}" for kind, minutes in kinds)
    return f"case {whens} end" if whens else "cast(null as double)"


def past(context: Context, since: str, promises: Sequence[Promise]) -> str:
    """Minutes since a time, beyond what was promised; null where that is kept, or nothing was."""
    waited = f"date_diff('second', {since}, {context.facts.now}) / 60.0"
    return f"nullif(greatest({waited} - {promised(promises)}, 0), 0)"


def spoken(promises: Sequence[Promise]) -> str:
    """A sentence that says what the promises are and where they are stated."""
    if not promises:
        return "No promise is stated (`promises` in the report's YAML)."
    kinds = [
        " ".join(
            [
                duration(one.within_hours * _HOUR),
                *([f"at {one.touchpoint}"] if one.touchpoint else []),
                *([f"with priority {one.priority}"] if one.priority else []),
            ]
        )
        for one in promises
    ]
    return f"Promised is an answer within {', else '.join(kinds)}, by the clock on the wall."
