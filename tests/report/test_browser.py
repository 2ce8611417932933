"""The report in a browser: no network, no barrier, no overflow, no script but ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import AXE, CHROMIUM, Browser, chromium
from published import Published

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}"),
]
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
FAULTS = """
async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
    .filter(v => ["serious", "critical"].includes(v.impact))
    .map(v => v.id + ": " + v.nodes[0].html + " " + v.nodes[0].failureSummary)
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def pages(published: Published) -> list[Path]:
    return sorted((published.settings.report_folder / "current").glob("*.html"))


def named(pages: list[Path], name: str) -> Path:
    return next(page for page in pages if page.name == name)


def test_every_page_opens_from_a_folder_and_asks_for_nothing_else(
    browser: Browser, pages: list[Path]
) -> None:
    for path in pages:
        browser.requests.clear()
        with browser.page(path) as page:
            assert page.locator("h1").count() == 1
            # whatever could load anything: a URL in an attribute or in CSS
            assert page.locator("img, iframe, link[href], script[src], object, embed").count() == 0
        assert browser.requests == [path.resolve().as_uri()]
    assert browser.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(browser: Browser, pages: list[Path], scheme: str) -> None:
    found: dict[str, Any] = {}
    for path in pages:
        with browser.page(path, scheme=scheme, bypass_csp=True) as page:
            page.evaluate(AXE)
            if faults := page.evaluate(FAULTS):
                found[path.name] = faults
    assert found == {}


def test_an_open_table_of_numbers_has_no_barrier_either(
    browser: Browser, pages: list[Path]
) -> None:
    with browser.page(named(pages, "index.html"), bypass_csp=True) as page:
        page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        page.evaluate(AXE)
        assert page.evaluate(FAULTS) == []


def test_links_between_pages_lead_somewhere(browser: Browser, pages: list[Path]) -> None:
    names = {path.name for path in pages}
    for path in pages:
        with browser.page(path) as page:
            links = page.eval_on_selector_all("a", "all => all.map(a => a.getAttribute('href'))")
        for link in links:
            file, _, anchor = link.partition("#")
            assert (file or path.name) in names
            assert not anchor or f'id="{anchor}"' in path.read_text()


def test_the_keyboard_reaches_every_link_and_every_table(
    browser: Browser, pages: list[Path]
) -> None:
    with browser.page(named(pages, "index.html")) as page:
        wanted = page.evaluate(
            "document.querySelectorAll('a, summary, [tabindex=\"0\"], input, select').length"
            " - document.querySelectorAll('details:not([open]) [tabindex=\"0\"]').length"
        )
        seen = set()
        for _ in range(wanted + 5):
            page.keyboard.press("Tab")
            seen.add(
                page.evaluate(
                    "(() => { const e = document.activeElement; if (e === document.body) return '';"
                    " e.dataset.t ??= String(Math.random()); return e.dataset.t })()"
                )
            )
        assert len(seen - {""}) == wanted
        page.evaluate("document.activeElement.blur()")


def test_a_summary_opens_by_the_keyboard(browser: Browser, pages: list[Path]) -> None:
    with browser.page(named(pages, "index.html")) as page:
        page.locator("details.sql summary").first.focus()
        page.keyboard.press("Enter")
        assert page.locator("details.sql pre").first.is_visible()


@pytest.mark.parametrize(("width", "zoom"), [(360, 1.0), (1100, 2.0)], ids=["phone", "200 %"])
def test_no_page_is_wider_than_the_window(
    browser: Browser, pages: list[Path], width: int, zoom: float
) -> None:
    wide = {}
    for path in pages:
        # zooming by 200 % is a window of half the width with twice the pixels
        with browser.page(path, width=int(width / zoom), device_scale_factor=zoom) as page:
            if over := page.evaluate(OVERFLOW):
                wide[path.name] = over
    assert wide == {}


def test_every_page_prints_on_a4(browser: Browser, pages: list[Path]) -> None:
    for name in ("index.html", "journey.html", "words.html"):
        with browser.page(named(pages, name), scheme="dark") as page:
            printed = page.pdf(format="A4")
            page.emulate_media(media="print", color_scheme="dark")
            paper = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
            assert page.locator("nav").first.is_hidden()
        assert printed.startswith(b"%PDF")
        assert printed.count(b"/Type /Page\n") < 12
        assert paper == "rgb(255, 255, 255)"


def test_what_customers_wrote_is_text_and_nothing_else(
    browser: Browser, pages: list[Path]
) -> None:
    browser.complaints.clear()
    for name in ("words.html", "waiting.html", "unknown.html"):
        with browser.page(named(pages, name)) as page:
            assert page.title() != "owned"
            assert page.locator("main script, main img, main iframe, [onerror], [onload]").count() == 0
            assert page.locator("main a[href^='javascript'], main a[href^='http']").count() == 0
            assert page.locator("h1").count() == 1
    assert browser.complaints == []


def test_right_to_left_words_stay_in_their_place(browser: Browser, pages: list[Path]) -> None:
    with browser.page(named(pages, "words.html")) as page:
        mine = page.locator("bdi.whole", has_text="يمين")
        assert mine.count() >= 1
        assert mine.first.evaluate("e => getComputedStyle(e).unicodeBidi") == "isolate"
        assert mine.first.evaluate("e => e.closest('article') !== null")


def test_a_very_long_comment_is_folded(browser: Browser, pages: list[Path]) -> None:
    with browser.page(named(pages, "words.html")) as page:
        folded = page.locator("article details", has_text="a very long story")
        assert not folded.locator(".whole").first.is_visible()
        assert folded.first.bounding_box()["height"] < 200  # type: ignore[index]
        folded.locator("summary").first.click()
        assert len(folded.locator(".whole").first.inner_text()) > 9_000


def test_comments_can_be_filtered_and_are_all_there_without_the_script(
    browser: Browser, pages: list[Path]
) -> None:
    with browser.page(named(pages, "words.html"), java_script_enabled=False) as page:
        everything = page.locator("article").count()
        assert page.locator("article:visible").count() == everything
        assert page.locator("form").is_hidden()
    with browser.page(named(pages, "words.html")) as page:
        page.get_by_label("Words").fill("  VERY long ")
        assert 0 < page.locator("article:visible").count() < everything
        assert page.locator("#found").inner_text().endswith(f"of {everything} comments")
        page.get_by_label("Words").fill("")
        page.get_by_label("Touchpoint").select_option("billing")
        assert 0 < page.locator("article:visible").count() < everything


def test_pictures_follow_the_dark_scheme(browser: Browser, pages: list[Path]) -> None:
    ink = "getComputedStyle(document.querySelector('svg text')).fill"
    with browser.page(named(pages, "index.html")) as page:
        light = page.evaluate(ink)
    with browser.page(named(pages, "index.html"), scheme="dark") as page:
        assert page.evaluate(ink) != light
