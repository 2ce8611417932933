"""A heat map as the table that it is: a value and its n in each cell, colour where it is due."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from orchestration.report.drawings.html import render
from orchestration.report.figure import Row


@dataclass(frozen=True)
class HeatCell:
    """A cell, ready to be shown."""

    text: str = ""
    n: str = ""
    tone: str = "none"
    """good, bad, plain, small (hatched), hidden (hatched), none."""
    title: str = ""


def heat(
    rows: Sequence[Row],
    columns: Sequence[str],
    across: Callable[[Row], str],
    down: Callable[[Row], str],
    cell: Callable[[Row], HeatCell],
    caption: str,
) -> Markup:
    """A cell per row, under the head that `across` names; lines in the order of the rows."""
    names = list(dict.fromkeys(down(row) for row in rows))
    cells = {(down(row), across(row)): cell(row) for row in rows}
    body = [(name, [cells.get((name, column), HeatCell()) for column in columns]) for name in names]
    return render("heat.html", caption=caption, columns=columns, body=body)
