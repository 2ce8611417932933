"""Which pages there are, and which figures stand on them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from orchestration.report.config import Audience, Config
from orchestration.report.figure import Figure
from orchestration.report.figures import FIGURES, Context
from orchestration.report.figures.source import of_source
from orchestration.report.figures.unknown import unknown


@dataclass(frozen=True)
class Page:
    """A page, before its figures are asked for their numbers."""

    file: str
    short: str
    """What links to it read."""
    title: str
    lead: str
    figures: tuple[Figure, ...]
    config: Config
    """With the words of its readers."""
    template: str = ""
    """Text of its own that stands before the figures."""


@dataclass(frozen=True)
class Pages:
    """All pages, by where they are linked from."""

    main: tuple[Page, ...]
    audiences: tuple[Page, ...]
    sources: tuple[Page, ...]

    @property
    def all(self) -> tuple[Page, ...]:
        """Every page."""
        return (*self.main, *self.audiences, *self.sources)


_MAIN: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
    (
        "index.html",
        "One page",
        "One page",
        "What changed, where it hurts, how sure that is.",
        ("sentences", "rising", "scoreboard", "control", "changes", "places"),
    ),
    (
        "journey.html",
        "The journey",
        "The journey",
        "Where on the way it hurts, where customers are lost, and how long they are under way.",
        ("heat", "reached", "funnels", "dropoffs", "paths", "between"),
    ),
    (
        "words.html",
        "In their words",
        "In their words",
        "What customers wrote, what they praise too; the newest, as written but for masks.",
        ("themes", "complaints", "praise"),
    ),
    (
        "waiting.html",
        "Waiting now",
        "Waiting now",
        "Who waits for an answer, oldest and worst first.",
        ("ages", "open", "unanswered"),
    ),
    (
        "service.html",
        "Service",
        "Service",
        "How long replies and resolutions take, how much is open, and what comes back.",
        ("clocks", "strips", "backlog", "rates"),
    ),
    (
        "worth.html",
        "What it was worth",
        "What it was worth",
        "What moves the score, what was done about it, and what came of that.",
        ("outcomes", "moves"),
    ),
    (
        "people.html",
        "Our people",
        "Our people",
        "What teams say of their work, beside what customers say of what the teams do.",
        ("teams", "drivers", "pulse"),
    ),
    (
        "unknown.html",
        "What we don't know",
        "What we don't know",
        "Who stayed silent, what counts nowhere, what is late, hidden or was measured otherwise.",
        (),
    ),
)


def pages(context: Context) -> Pages:
    """The pages for a file and a configuration."""
    main = [_main(context, *page) for page in _MAIN]
    main.append(_how(context))
    return Pages(
        main=tuple(main),
        audiences=tuple(_audience(context, a) for a in context.config.audiences),
        sources=tuple(_source(context, name) for name in context.facts.sources),
    )


def _main(
    context: Context, file: str, short: str, title: str, lead: str, names: tuple[str, ...]
) -> Page:
    figures = unknown(context) if file == "unknown.html" else _figures(context, names)
    template = "filter.html" if file == "words.html" else ""
    return Page(file, short, title, lead, tuple(figures), context.config, template)


def _how(context: Context) -> Page:
    lead = "What a dot, a pale bar, a colour and a hatched cell mean, and when not to conclude."
    title = "How to read this"
    return Page("how.html", title, title, lead, (), context.config, "how.html")


def _audience(context: Context, audience: Audience) -> Page:
    mine = replace(
        context,
        config=context.config.spoken_to(audience),
        metrics=tuple(audience.metrics),
        touchpoints=tuple(audience.touchpoints),
    )
    return Page(
        file=f"for-{audience.name}.html",
        short=audience.title,
        title=audience.title,
        lead=audience.lead,
        figures=tuple(_figures(mine, tuple(audience.figures))),
        config=mine.config,
    )


def _source(context: Context, source: str) -> Page:
    return Page(
        file=source_file(source),
        short=source,
        title=f"The source {source}",
        lead="For data engineers: what was loaded, what became of it, and what is missing.",
        figures=tuple(of_source(context, source)),
        config=context.config,
    )


def source_file(source: str) -> str:
    """A file name for a source, whatever it is called."""
    return f"source-{re.sub(r'[^A-Za-z0-9_-]', '-', source)}.html"


def _figures(context: Context, names: tuple[str, ...]) -> list[Figure]:
    made: dict[str, Callable[[Context], list[Figure]]] = FIGURES
    return [figure for name in names for figure in made[name](context)]
