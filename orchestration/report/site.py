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
    common = {
        "site": _Shell(config.title, found.main, found.audiences, found.sources),
        "style": Markup(style),  # noqa: S704 - our own file
        "script": Markup(script),  # noqa: S704 - same
        "script_hash": _hash(script),
        "edition": _shown(edition(known), connection, context),
    }
    return {page.file: _page(page, connection, context, found, common) for page in found.all}


def _page(
    page: Page, connection: Connection, context: Context, found: Pages, common: dict[str, object]
) -> str:
    body = render(page.template, config=context.config, pages=found) if page.template else Markup()
    for figure in page.figures:
        body += _shown(figure, connection, context)
    return str(render("page.html", page=page, body=body, **common))


def _shown(figure: Figure, connection: Connection, context: Context) -> Markup:
    result = figure.run(connection, set(context.facts.columns))
    return render(
        "figure.html",
        figure=figure,
        name=figure.name,
        drawing=_drawing(figure, result),
        numbers=None
        if figure.is_whole or not result.rows
        else table(result, context.config, figure.title),
        provenance=_provenance(result),
    )


def _drawing(figure: Figure, result: Result) -> Markup:
    if result.missing:
        lacks = ", ".join(result.missing)
        return render("empty.html", text=f"The published file has no table {lacks} yet.")
    return figure.draw(result) if result.rows else render("empty.html", text=figure.empty)


def _provenance(result: Result) -> str:
    """Period, method of the intervals and method versions of what is shown."""
    parts = []
    starts = [r["period_start"] for r in result.rows if r.get("period_start")]
    ends = [r["period_end"] for r in result.rows if r.get("period_end")]
    if starts:
        first, last = month(min(starts)), month(max(ends or starts))
        parts.append(first if first == last else f"{first} to {last}")
    methods = {r["interval_method"] for r in result.rows if r.get("interval_method")}
    if methods:
        parts.append(f"95 % intervals: {', '.join(sorted(methods))}")
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
