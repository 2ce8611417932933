"""What a page shows is what the query beside it returns, of every figure of every page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pages import Shown, read
from published import Published

from orchestration.report.figures import FIGURES
from orchestration.report.figures.context import spoken
from orchestration.settings import ROOT

pytestmark = pytest.mark.slow

PAGES = 9 + 6 + 2


@pytest.fixture(scope="module")
def report(published: Published) -> Path:
    return published.settings.report_folder / "current"


@pytest.fixture(scope="module")
def figures(report: Path) -> dict[str, list[Shown]]:
    return {path.name: read(path) for path in report.glob("*.html")}


def test_every_page_is_there_and_has_figures(figures: dict[str, list[Shown]]) -> None:
    assert len(figures) == PAGES
    assert {name for name, shown in figures.items() if len(shown) < 3} == {"how.html"}


def test_every_query_returns_what_its_page_shows(
    published: Published, figures: dict[str, list[Shown]]
) -> None:
    compared = 0
    for page, shown in figures.items():
        for figure in shown:
            where = f"{page}#{figure.name}"
            rows = published.rows(figure.query)
            assert figure.is_empty == (not rows), where
            if figure.comments:
                assert figure.comments == [row[2] for row in rows], where
            else:
                exact = [["" if v is None else str(v) for v in row] for row in rows]
                assert figure.rows == exact, where
            compared += len(rows)
    assert compared > 900


def test_no_figure_of_the_company_is_empty(figures: dict[str, list[Shown]]) -> None:
    """Otherwise the comparison would compare nothing with nothing."""
    empty = {f"{page}#{f.name}" for page, shown in figures.items() for f in shown if f.is_empty}

    # the desk asks no questions, and the forms state no clocks
    assert empty == {"source-desk.html#source-questions", "source-forms.html#parity"}


MONTH = r"\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) 20\d\d\b"


def told(report: Path) -> dict[str, str]:
    """What stands at each figure that is not empty, but for its numbers and its SQL."""
    found = {}
    for path in report.glob("*.html"):
        for part in path.read_text(encoding="utf-8").split('<section class="figure"')[1:]:
            section = part.partition("</section>\n")[0]
            name = re.search(r'<h2 id="([^"]*)-title"', section)
            if name and 'class="empty"' not in section:
                shown = re.sub(r'<details class="(?:numbers|sql)">.*', "", section, flags=re.DOTALL)
                found[f"{path.name}#{name[1]}"] = re.sub(r"<[^>]+>", " ", shown)
    return found


def test_every_figure_says_of_when_it_is(report: Path) -> None:
    texts = told(report)

    assert len(texts) > 100
    assert [where for where, text in texts.items() if not re.search(MONTH, text)] == []


def test_whatever_has_an_interval_says_how_sure_it_is(
    report: Path, figures: dict[str, list[Shown]]
) -> None:
    texts = told(report)
    measured = {
        f"{page}#{figure.name}"
        for page, shown in figures.items()
        for figure in shown
        if re.search(r"\b(interval|share|rate|dropped_share|change)_low\b", figure.query)
    } & set(texts)

    assert len(measured) > 40
    assert [where for where in sorted(measured) if not re.search(r"95\s%|%\)", texts[where])] == []


def test_figures_have_names_of_their_own_on_a_page(figures: dict[str, list[Shown]]) -> None:
    for page, shown in figures.items():
        names = [figure.name for figure in shown]
        assert len(names) == len(set(names)), page


def test_links_between_pages_lead_somewhere(report: Path) -> None:
    pages = {path.name: path.read_text(encoding="utf-8") for path in report.glob("*.html")}
    for name, text in pages.items():
        for link in re.findall(r'href="([^"]*)"', text):
            file, _, anchor = link.partition("#")
            assert (file or name) in pages, link
            assert not anchor or f'id="{anchor}"' in pages[file or name], link


def test_nothing_but_figures_and_facts_asks_the_published_file() -> None:
    """So that no number gets onto a page without the query that returns it."""
    folder = ROOT / "orchestration/report"
    asking = {p.name for p in folder.rglob("*.py") if ".execute(" in p.read_text(encoding="utf-8")}

    assert asking == {"facts.py", "figure.py"}


def test_every_figure_that_a_yaml_may_name_is_described() -> None:
    told = (ROOT / "docs/report.md").read_text(encoding="utf-8")

    assert {name for name in FIGURES if f"`{name}`" not in told} == set()


def test_the_site_stays_small(report: Path) -> None:
    assert sum(path.stat().st_size for path in report.iterdir()) < 5_000_000


@pytest.mark.parametrize(
    ("version", "read"),
    [
        ("1-7 top 6 since 2025-05-01", "6\u20137 of 1\u20137 since 2025-05-01"),
        ("0-1 top 1", "1 of 0\u20131"),
        ("1-5 top 2 reversed", "1\u20132 of 1\u20135"),
        ("0-10", "0-10"),
    ],
)
def test_which_answers_count_is_read_not_decoded(version: str, read: str) -> None:
    assert spoken(version) == read
