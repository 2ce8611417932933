"""The figures there are, by the names that the report's YAML calls them."""

from __future__ import annotations

from collections.abc import Callable

from orchestration.report.figure import Figure
from orchestration.report.figures import (
    between,
    control,
    goals,
    heat,
    people,
    places,
    scoreboard,
    sentences,
    service,
    themes,
    unknown,
    voices,
    waiting,
    ways,
    worth,
)
from orchestration.report.figures.context import Context

FIGURES: dict[str, Callable[[Context], list[Figure]]] = {
    "sentences": sentences.sentences,
    "scoreboard": scoreboard.scoreboard,
    "control": control.controls,
    "places": places.places,
    "changes": places.changes,
    "heat": heat.heats,
    "reached": goals.reached,
    "funnels": ways.funnels,
    "dropoffs": ways.dropoffs,
    "paths": ways.paths,
    "between": between.between,
    "rising": themes.rising,
    "themes": themes.themes,
    "complaints": voices.complaints,
    "praise": voices.praise,
    "ages": waiting.ages,
    "open": waiting.waiting,
    "unanswered": waiting.unanswered,
    "clocks": service.clocks,
    "rates": service.rates,
    "strips": service.distributions,
    "backlog": service.backlog,
    "outcomes": worth.outcomes,
    "moves": worth.moves,
    "teams": people.teams,
    "drivers": people.drivers,
    "pulse": people.pulse,
    "responses": unknown.responses,
}

__all__ = ["FIGURES", "Context"]
