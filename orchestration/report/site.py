"""Pages as HTML: every figure asked for its numbers, drawn, and put beside its query."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from markupsafe import Markup

from orchestration.report import facts, tokens
from orchestration.report.config import Config
from orchestration.report.drawings import render, table
from orchestration.report.drawings.html import TEMPLATES
from orchestration.report.edition import edition
from orchestration.report.figure import Figure, Result
from orchestration.report.figures import Context
from orchestration.report.formats import month
from orchestration.report.pages import Page, Pages, pages
from orchestration.warehouse import Connection


@dataclass(frozen=True)
class _Shell:
    """What all pages have."""

    title: str
    pages: tuple[Page, ...]
    audiences: tuple[Page, ...]
    sources: tuple[Page, ...]


def site(connection: Connection, config: Config) -> dict[str, str]:
    """Every page of the report, by file name."""
    known = facts.read(connection)
    context = Context(known, config, tuple(config.scores))
    found = pages(context)
    style, script = _style(), _inline("report.js")
    make = _Maker(connection, set(known.columns))
    common = {
        "site": _Shell(config.title, found.main, found.audiences, found.sources),
        "style": Markup(style),  # noqa: S704 - our own file
        "script": Markup(script),  # noqa: S704 - same
        "script_hash": _hash(script),
        "edition": make.figure(edition(known), config),
    }
    return {page.file: _page(page, make, found, common) for page in found.all}


class _Maker:
    """Makes figures; one that stands on two pages is asked and drawn once."""

    def __init__(self, connection: Connection, tables: set[str]) -> None:
        self._connection = connection
        self._tables = tables
        self._made: dict[tuple[object, ...], Markup] = {}

    def figure(self, figure: Figure, config: Config) -> Markup:
        """A figure as HTML, in the words of a configuration."""
        key = (figure.name, figure.title, figure.says, figure.query, id(config))
        if key not in self._made:
            self._made[key] = self._make(figure, config)
        return self._made[key]

    def _make(self, figure: Figure, config: Config) -> Markup:
        result = figure.run(self._connection, self._tables)
        hides_numbers = figure.is_whole or not result.rows
        return render(
            "figure.html",
            figure=figure,
            name=figure.name,
            drawing=_drawing(figure, result),
            numbers=None if hides_numbers else table(result, config, figure.title),
            provenance=_provenance(figure, result),
        )


def _page(page: Page, make: _Maker, found: Pages, common: dict[str, object]) -> str:
    body = render(page.template, config=page.config, pages=found) if page.template else Markup()
    for figure in page.figures:
        body += make.figure(figure, page.config)
    return str(render("page.html", page=page, body=body, **common))


def _drawing(figure: Figure, result: Result) -> Markup:
    if result.missing:
        lacks = ", ".join(result.missing)
        return render("empty.html", text=f"The published file has no table {lacks} yet.")
    return figure.draw(result) if result.rows else render("empty.html", text=figure.empty)


def _provenance(figure: Figure, result: Result) -> str:
    """Period, method of the intervals and method versions of what is shown."""
    parts = [figure.when] if figure.when and result.rows else []
    starts = [r["period_start"] for r in result.rows if r.get("period_start")]
    ends = [r["period_end"] for r in result.rows if r.get("period_end")]
    if starts:
        first, last = month(min(starts)), month(max(ends or starts))
        parts.append(first if first == last else f"{first} to {last}")
    methods = {r["interval_method"] for r in result.rows if r.get("interval_method")}
    if methods:
        parts.append(f"95 % intervals: {'; '.join(sorted(methods))}")
    versions = {r["method_version"] for r in result.rows if r.get("method_version")}
    if versions:
        parts.append(f"measured as {', '.join(sorted(versions))}")
    return " · ".join(parts)


def _style() -> str:
    return tokens.stylesheet() + _inline("report.css")


def _inline(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    digest = hashlib.sha256(script.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
